"""App configuration: the roof counts the jobs that ended, whoever's they are, and sets every process's memory up."""

from django.apps import AppConfig

from lnrag_site.memory import set_up_memory


class LnragSiteConfig(AppConfig):
    name = "lnrag_site"
    verbose_name = "lnrag"

    def ready(self) -> None:
        from django_q.signals import post_execute  # noqa: PLC0415 - needs the app registry

        from lnrag_site.metrics import count_job  # noqa: PLC0415 - likewise

        set_up_memory()
        post_execute.connect(count_job, dispatch_uid="lnrag_site.metrics")
