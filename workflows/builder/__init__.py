"""The builder of rules: a document as a form, which is read, changed and shown again without a script.

`RuleForm` holds the whole form, in whatever state a person has left it: what is typed is never lost, and what is wrong is said
by the engine's own check, whose places (`steps.2.title`) are those of the form's parts. Everything posts to one address; the
button pressed is in `do`.
"""

from .forms import RuleForm

__all__ = ["RuleForm"]
