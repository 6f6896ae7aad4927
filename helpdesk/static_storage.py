"""How production stores static files: named by their content, and so is what modules import."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORT = (
    r'(?P<matched>import (?P<names>(?:\{[^}]*\} from )?)"(?P<url>\./[\w-]+\.js)";)',
    'import %(names)s"%(url)s";',
)


class HashedModules(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage, that renames what our own JavaScript modules import, too.

    So every file may be cached for good, and no module meets a neighbour of another release.
    Django's `support_js_module_import_aggregation` would look into every library's scripts, too,
    and takes an example in a comment of one for an import.
    """

    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("js/*.js", (IMPORT,)))
