"""E-mail templates of the sample workspace, for everybody."""

from activities.mail.services.templates import create_template
from crm.kernel.core.changes import Actor

TEMPLATES = (
    {
        "name": "Onboarding: welcome",
        "subject": "Welcome to {{ workspace.name }}, {{ contact.first_name | and thank you }}",
        "text": (
            "Hi {{ contact.first_name | there }},\n\n"
            "thank you for choosing us for {{ deal.title | your project }}. This week {{ deal.owner | your contact here }} will call"
            " you to fix the dates of the installation, and send the list of what our fitters need on site.\n\n"
            "Best regards,\n{{ sender.name | Your team }}\n{{ workspace.name }}"
        ),
    },
    {
        "name": "Follow-up after a demo",
        "subject": "Our demo: what we showed, and the next step",
        "text": (
            "Hi {{ contact.first_name | there }},\n\n"
            "thank you for your time. As promised, here is what we talked about for {{ company.name | your company }}:\n\n"
            "- \n\n"
            "Shall we fix a date for the site visit?\n\n"
            "Best,\n{{ sender.first_name | Your team }}"
        ),
    },
    {
        "name": "Newsletter: new sensors",
        "subject": "New sensors, and what they save",
        "text": (
            "Hello {{ contact.first_name | there }},\n\n"
            "our new battery sensors measure for ten years without a cable. Read on our pages what they have saved others.\n\n"
            "{{ workspace.name }}"
        ),
        "marketing": True,
    },
)  # fmt: skip


def add_templates(actor: Actor) -> None:
    """Make the templates."""
    for values in TEMPLATES:
        create_template(values={**values, "shared": True}, actor=actor)
