"""Who reads: a user, somebody who did not sign in, or nobody in particular."""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

Reader = AbstractBaseUser | AnonymousUser | None
