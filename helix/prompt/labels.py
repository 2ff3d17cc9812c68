"""The labels of the blocks of material. Some have words after them: who wrote it and when, or a file's name."""

TITLE = "title"
DESCRIPTION = "description"
TAGS = "tags"
ATTACHMENT = "attachment"
COMMENT = "comment"
# Neither begins with COMMENT, so that a label's beginning tells what it is.
FEEDBACK = "feedback"
COMMENT_TO_ANSWER = "to answer: comment"
EARLIER_RESULT = "earlier result"
LAST_RESULT = "last result"
LEFT_OUT = "left out"
