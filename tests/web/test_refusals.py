"""What a member sees who opened a page of the admins."""


def test_a_refused_page_keeps_its_frame_and_says_who_may(pages, mia):
    reply = pages.as_(mia).get("/models")

    assert reply.status_code == 403
    assert 'id="sidebar"' in reply.text
    assert "Only admins may open this. Ask one to do it for you, or to make you an admin." in reply.text


def test_a_refused_part_is_told_as_a_sentence(pages, mia):
    reply = pages.as_(mia).part("/models")

    assert reply.status_code == 403
    assert "Only admins may open this." in reply.text
