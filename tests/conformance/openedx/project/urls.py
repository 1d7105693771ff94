"""The LTI consumer's URLs, where edx-platform puts them, and the LMS' own pages around a component."""

from campus import pages
from django.urls import include, path

urlpatterns = [
    path("api/", include("lti_consumer.plugin.urls")),
    path("courses/<code>/component/as/<int:number>", pages.component),
    path("studio/<code>/component/as/<int:number>", pages.studio),
]
