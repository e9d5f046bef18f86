"""Reports that go out by mail: to whom, how often."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.kernel.core import formats
from crm.kernel.core.errors import Refused
from crm.kernel.core.htmx import close_dialog, is_fragment, page_or_fragment, refresh, toast
from crm.kernel.core.http import Request
from crm.kernel.listing.saved.forms import SharingForm
from crm.kernel.listing.saved.models import SavedView
from crm.kernel.listing.saved.services import create_view, delete_view
from crm.kernel.workspace.models import Workspace
from crm.reports import registry
from crm.reports.asks import PERIOD_PARAMS, Ask, BadAsk, read_ask, read_period
from crm.reports.days import next_due
from crm.reports.forms import MailForm
from crm.reports.mailing import asked_days, asked_words, with_days
from crm.reports.models import ReportMail
from crm.reports.periods import KINDS, Period
from crm.reports.services import change_report_mail, create_report_mail, remove_report_mail

from .reports import get_report, saved_key
from .shared import report_view

DIALOG = {"modal-body": "dialog"}


def form_page(request: Request, form: Any, heading: str, submit: str, cancel: str) -> HttpResponse:
    """Show a form as a page or in the dialog."""
    context = {"heading": heading, "form": form, "action": request.get_full_path(), "submit": submit, "cancel": cancel}
    template = page_or_fragment(request, "components/form_page.html", DIALOG)
    return render(request, template, context, status=422 if form.errors else 200)


def done(request: Request, words: str, url: str) -> HttpResponse:
    """Say what was done, with Undo, and show the page again."""
    toast(request, words, undo=request.actor.last_change)
    if not is_fragment(request):
        return redirect(url)
    response = HttpResponse(headers={"HX-Reswap": "none"})
    close_dialog(response)
    refresh(response)
    return response


def refuse(form: Any, error: Refused) -> None:
    """Put what a service refused beside the fields."""
    for name, words in (error.fields or {}).items():
        form.add_error(name if name in form.fields else None, words)
    if not form.errors:
        form.add_error(None, str(error))


def kept_query(request: Request, name: str) -> tuple[Any, Ask]:
    """Return the report and its question, checked; raises Http404, BadAsk."""
    report = get_report(name)
    return report, read_ask(
        request.actor, request.GET, period=report.period, options=report.options(request.actor), filters=report.filters
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@report_view
def mail_new(request: Request, name: str) -> HttpResponse:
    """Have a report sent every week or month. The address is the report's: filters are kept, days if one says so."""
    request.actor.require_kind("edit", "report")
    report, ask = kept_query(request, name)
    form = MailForm(request.POST or None, initial={"recipients": [request.user.pk]}, shown=ask.period)
    if request.method == "POST" and form.is_valid():
        query = ask.query(**dict.fromkeys((*PERIOD_PARAMS, "as_of")) | form.days_asked())
        values = form.cleaned_data
        try:
            create_report_mail(
                report=report.key, query=query, every=values["every"], recipients=values["recipients"],
                actor=request.actor,
            )  # fmt: skip
        except Refused as error:
            refuse(form, error)
        else:
            day = formats.short_day(next_due(values["every"], Workspace.current().today()))
            words = _("The report goes out by mail, first on %(day)s") % {"day": day}
            return done(request, words, f"/reports/{name}/?{ask.query()}")
    heading = _("Send “%(report)s” by mail") % {"report": report.title}
    return form_page(request, form, heading, _("Send it"), f"/reports/{name}/?{ask.query()}")


@login_required
@require_safe
@report_view
def mail_list(request: Request) -> HttpResponse:
    """List the reports that one has sent."""
    rows = ReportMail.objects.visible_to(request.actor).select_related("owner").prefetch_related("recipients__user")
    today = Workspace.current().today()
    mails = [
        {
            "mail": mail,
            "report": registry.find(mail.report),
            "asked": told_of(request, mail),
            "names": [each.user.name for each in mail.recipients.all()],
            "next": next_due(mail.every, today),
        }
        for mail in rows
    ]
    return render(request, "reports/mails.html", {"mails": mails})


def told_of(request: Request, mail: ReportMail) -> list[str]:
    """Return of which days a mail tells, and what is asked besides, in words."""
    days, report = asked_days(mail.query), registry.find(mail.report)
    words: Any = dict(MailForm.DAYS).get(days.get("period", MailForm.ENDED))
    if report is None:
        return [_("This report is not there any more.")]
    try:
        if set(days) - {"period"}:
            words = read_period(days, "month", Workspace.current().today())
        ask = read_ask(
            request.actor, QueryDict(mail.query), options=report.options(request.actor), filters=report.filters
        )
        return [str(words), *asked_words(ask, report)]
    except BadAsk as error:
        return [str(words), error.message]


def get_mail(request: Request, pk: UUID) -> ReportMail:
    """Return a mailed report that one may see, or raise Http404."""
    mail: ReportMail | None = ReportMail.objects.visible_to(request.actor).filter(pk=pk).first()
    if mail is None:
        raise Http404("No such mail.")
    return mail


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@report_view
def mail_edit(request: Request, pk: UUID) -> HttpResponse:
    """Change how often a report goes, of which days it tells, and to whom."""
    mail = get_mail(request, pk)
    days = asked_days(mail.query)
    fixed = None if set(days) <= {"period"} else read_period(days, "month", Workspace.current().today())
    told = MailForm.SHOWN if fixed else days.get("period", MailForm.ENDED)
    present = list(mail.recipients.values_list("user_id", flat=True))
    initial = {"every": mail.every, "days": told, "recipients": present}
    form = MailForm(request.POST or None, initial=initial, shown=fixed)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            change_report_mail(
                mail_id=pk, every=values["every"], recipients=values["recipients"], actor=request.actor,
                query=with_days(mail.query, form.days_asked()),
            )  # fmt: skip
        except Refused as error:
            refuse(form, error)
        else:
            return done(request, _("The mailed report was changed"), "/reports/mails/")
    return form_page(request, form, _("Change the mailed report"), _("Save"), "/reports/mails/")


@login_required
@require_POST
@report_view
def mail_remove(request: Request, pk: UUID) -> HttpResponse:
    """Send a report no more."""
    get_mail(request, pk)
    remove_report_mail(mail_id=pk, actor=request.actor)
    return done(request, _("The report goes out no more"), "/reports/mails/")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@report_view
def view_new(request: Request, name: str) -> HttpResponse:
    """Keep a report's filters under a name. The present month, quarter or year is kept as such: next time it is the next."""
    report, ask = kept_query(request, name)
    now = ask.period.kind in KINDS and ask.as_of is None and ask.period == Period.around(ask.period.kind, ask.today)
    form = SharingForm(request.POST or None)
    back = f"/reports/{name}/?{ask.query()}"
    if request.method == "POST" and form.is_valid():
        try:
            create_view(
                list_key=saved_key(report),
                query=ask.query(on=None) if now else ask.query(),
                layout={},
                values=form.values(),
                actor=request.actor,
            )
        except Refused as error:
            refuse(form, error)
        else:
            words = _("The view was saved")
            if now and "period" in report.filters:
                words = _("The view was saved; it always tells of the present period")
            return done(request, words, back)
    return form_page(request, form, _("Save this view"), _("Save"), back)


@login_required
@require_POST
@report_view
def view_remove(request: Request, pk: UUID) -> HttpResponse:
    """Delete a saved view of a report."""
    view: SavedView | None = (
        SavedView.objects.visible_to(request.actor).filter(pk=pk, list_key__startswith="report:").first()
    )
    if view is None:
        raise Http404("No such view.")
    if not view.allows(request.actor, "edit"):
        raise PermissionDenied("Not one's own.")
    delete_view(view_id=pk, actor=request.actor)
    report = next((each for each in registry.all_reports() if saved_key(each) == view.list_key), None)
    return done(request, _("The view was deleted"), f"/reports/{report.key}/" if report else "/reports/all/")
