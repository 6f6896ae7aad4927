"""Single sign-on with OpenID Connect.

`provider.py` speaks with the identity provider, by Authlib; `people.py` finds or creates the user
and their roles; `checking.py` asks every few minutes whether a session may go on; `pages.py` are
the addresses that browsers and the provider call. See docs/sign-on.md.
"""
