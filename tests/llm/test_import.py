import subprocess
import sys


def test_importing_the_package_and_using_the_demo_model_does_not_import_litellm():
    program = (
        "import sys; from helix import llm; from helix.llm import demo; demo.use(seconds=0);"
        "endpoint = llm.Endpoint('demo', 'demo');"
        "assert llm.for_endpoint(endpoint).check(endpoint).success;"
        "llm.for_endpoint(llm.Endpoint('openai', 'gpt-4o'));"
        "print([name for name in sys.modules if name.split('.')[0] in ('litellm', 'openai', 'tiktoken')])"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )

    assert done.stdout.strip() == "[]"


def test_a_key_does_not_show_in_the_text_of_an_endpoint():
    from helix import llm

    endpoint = llm.Endpoint("openai", "gpt-4o", api_key="sk-canary")

    assert "canary" not in repr(endpoint) + str(endpoint)
