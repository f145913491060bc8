from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.urls import path

from . import belfry, views

urlpatterns = [
    path("", views.home),
    path("order/", views.order),
    path("belfry/whoami/", belfry.whoami),
    path("accounts/login/", LoginView.as_view(), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("accounts/password/", PasswordChangeView.as_view(success_url="/", template_name="registration/password.html"), name="password"),
]
