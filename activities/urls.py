"""Addresses of My day, tasks, activities and timelines (ARCHITECTURE 6)."""

from django.urls import path

from .mail.urls import urlpatterns as mail
from .views import activities, day, files, tasks, timeline

app_name = "activities"
urlpatterns = [
    path("", day.my_day, name="my_day"),
    path("day/move-late/", day.move_late, name="move_late"),
    path("tasks/", tasks.task_list, name="task_list"),
    path("tasks/bin/", tasks.task_bin_list, name="task_bin_list"),
    path("tasks/new/", tasks.task_new, name="task_new"),
    path("tasks/options/<str:kind>/", tasks.record_options, name="record_options"),
    path("tasks/<uuid:pk>/", tasks.task_page, name="task_page"),
    path("tasks/<uuid:pk>/edit/", tasks.task_edit, name="task_edit"),
    path("tasks/<uuid:pk>/complete/", tasks.task_complete, name="task_complete"),
    path("tasks/<uuid:pk>/reschedule/", tasks.task_reschedule, name="task_reschedule"),
    path("tasks/<uuid:pk>/bin/", tasks.task_bin, name="task_bin"),
    path("tasks/<uuid:pk>/restore/", tasks.task_restore, name="task_restore"),
    path("activities/", activities.activity_list, name="activity_list"),
    path("activities/bin/", activities.activity_bin_list, name="activity_bin_list"),
    path("activities/new/", activities.activity_new, name="activity_new"),
    path("activities/people/", timeline.people_options, name="people_options"),
    path("activities/<uuid:pk>/", activities.activity_page, name="activity_page"),
    path("activities/<uuid:pk>/edit/", activities.activity_edit, name="activity_edit"),
    path("activities/<uuid:pk>/complete/", activities.activity_complete, name="activity_complete"),
    path("activities/<uuid:pk>/reschedule/", activities.activity_reschedule, name="activity_reschedule"),
    path("activities/<uuid:pk>/pin/", activities.activity_pin, name="activity_pin"),
    path("activities/<uuid:pk>/bin/", activities.activity_bin, name="activity_bin"),
    path("activities/<uuid:pk>/restore/", activities.activity_restore, name="activity_restore"),
    path("files/<str:kind>/<uuid:pk>/", files.files, name="files"),
    path("files/<uuid:pk>/download/", files.file_download, name="file_download"),
    path("files/<uuid:pk>/preview/", files.file_preview, name="file_preview"),
    path("files/<uuid:pk>/rename/", files.file_rename, name="file_rename"),
    path("files/<uuid:pk>/bin/", files.file_bin, name="file_bin"),
    path("files/<uuid:pk>/restore/", files.file_restore, name="file_restore"),
    path("timeline/<str:kind>/<uuid:pk>/", timeline.timeline, name="timeline"),
    path("timeline/<str:kind>/<uuid:pk>/<str:form>/", timeline.timeline_log, name="timeline_log"),
    *mail,
]
