"""The LTI consumer's URLs, where edx-platform puts them."""

from django.urls import include, path

urlpatterns = [path("api/", include("lti_consumer.plugin.urls"))]
