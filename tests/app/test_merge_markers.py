import subprocess


def test_no_file_holds_the_marks_of_a_merge(root):
    marks = r"^(<{7} |>{7} )"

    found = subprocess.run(["git", "grep", "-lE", marks], cwd=root, capture_output=True, text=True)

    assert found.stdout == ""
