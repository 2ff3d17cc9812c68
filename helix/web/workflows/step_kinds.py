"""The kinds of steps, as pages name them: a word, an icon and a sentence."""

KIND_WORDS = {
    "agent": ("Agent", "bot", "An agent does a task"),
    "person": ("Person", "user", "A person does a task"),
    "choice": ("Choice", "corner-up-left", "Looks at a value and takes one of two ways"),
    "each": ("For each", "layers", "A task for each item of a list"),
    "wait": ("Wait", "clock", "Lets time pass"),
}
