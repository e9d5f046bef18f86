"""The page on which the reader of a mail unsubscribes (E5, RFC 8058): no sign-in, the link alone is the key."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from activities.mail.models import OutgoingMail
from activities.mail.services.blocks import is_unsubscribed, resubscribe, unsubscribe
from activities.mail.services.queue import mail_of_token
from crm.kernel.core.changes import Actor


@csrf_exempt  # mail programs post here (RFC 8058); whoever holds the link can do no more than its reader may
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe_page(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether to unsubscribe (GET changes nothing: scanners follow links), do it, or take it back (`again=1`)."""
    mail_id = mail_of_token(token)
    mail = OutgoingMail.objects.filter(pk=mail_id).first() if mail_id is not None else None
    if mail is None or not mail.to_address:
        status = 200 if mail_id is not None else 404  # the link of a preview is ours, but nobody's
        return render(request, "mail/unsubscribe.html", {"unknown": True}, status=status)
    if request.method == "POST":
        actor = Actor.system("unsubscribe")
        if request.POST.get("again") == "1":
            resubscribe(mail_id=mail.pk, actor=actor)
        else:
            unsubscribe(mail_id=mail.pk, actor=actor)
    context = {
        "address": masked(mail.to_address),
        "out": is_unsubscribed(mail),
        "heading": _("E-mail preferences"),
    }
    return render(request, "mail/unsubscribe.html", context)


def masked(address: str) -> str:
    """Return an address so that its owner knows it and nobody else learns it: `m•••@firm.example`."""
    name, _at, domain = address.rpartition("@")
    return f"{name[:1]}•••@{domain}"
