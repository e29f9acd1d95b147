using Beamtime.Control.Devices;
using Beamtime.Control.Plugins;
using Beamtime.Control.Scans.Library;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Plugins;
using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Scans;

/// <summary>All scans by name: the built-in ones and those of plugins. Binds requests to declarations.</summary>
internal sealed class ScanCatalogue
{
    private readonly Func<PluginSet> _plugins;
    private volatile Contents _contents;

    /// <summary>The built-in scans and those of the plugins that count at the moment.</summary>
    /// <param name="shelf">The plugins.</param>
    /// <exception cref="ArgumentException">What plugins declare contradicts itself: every mistake.</exception>
    public ScanCatalogue(PluginShelf shelf)
        : this(() => shelf.Current)
    {
    }

    /// <summary>The built-in scans and those of plugins that do not change.</summary>
    /// <param name="plugins">What plugins registered.</param>
    /// <exception cref="ArgumentException">What plugins declare contradicts itself: every mistake.</exception>
    public ScanCatalogue(PluginRegistry plugins)
        : this(FixedTo(PluginSet.Of(plugins)))
    {
    }

    private ScanCatalogue(Func<PluginSet> plugins)
    {
        _plugins = plugins;
        _contents = new Contents(plugins());
    }

    /// <summary>The scans that need no plugin.</summary>
    public static IReadOnlyList<ScanDeclaration> BuiltIn { get; } =
    [
        AcquireScan.Declaration,
        FermatScan.Declaration,
        GridScan.Declaration,
        HexagonalScan.Declaration,
        LineScan.Declaration,
        ListScan.Declaration,
        LogScan.Declaration,
        RegionGridScan.Declaration,
        RegionLineScan.Declaration,
        RoundRoiScan.Declaration,
        RoundScan.Declaration,
        TimeScan.Declaration,
        .. MotionParameters.Scans,
    ];

    /// <summary>All declarations, by name.</summary>
    public IReadOnlyCollection<ScanDeclaration> All => Now.All;

    // A set of plugins was judged before it counts: this cannot fail.
    private Contents Now
    {
        get
        {
            var (contents, plugins) = (_contents, _plugins());
            return ReferenceEquals(contents.Plugins, plugins) ? contents : _contents = new Contents(plugins);
        }
    }

    /// <summary>What is wrong with the scans and modifiers of plugins, beside those of the program; empty when nothing is.</summary>
    /// <param name="plugins">What plugins registered.</param>
    public static IEnumerable<string> MistakesIn(PluginRegistry plugins) => Contents.MistakesIn(plugins);

    /// <summary>The plugin that a scan comes from; null for one of the program.</summary>
    /// <param name="scan">The scan's name.</param>
    public PluginOrigin? OriginOf(string scan) => PluginOrigin.Of(Now.Plugins.OfScan(scan));

    /// <summary>The declaration of that name; a bug when there is none.</summary>
    /// <param name="name">The scan's name, or another name for it.</param>
    public ScanDeclaration this[string name] => Find(name) ?? throw new KeyNotFoundException($"No scan '{name}' is registered.");

    /// <summary>The declaration of that name; null when there is none.</summary>
    /// <param name="name">The scan's name, or another name for it.</param>
    public ScanDeclaration? Find(string name) => Now.Find(name);

    /// <summary>The declaration of that name, or why there is none.</summary>
    /// <param name="name">The scan's name, or another name for it.</param>
    public Outcome<ScanDeclaration> Look(string name) => Find(name) is { } found
        ? new Accepted<ScanDeclaration>(found)
        : new Refused<ScanDeclaration>([ScanErrors.UnknownName.Because(
            $"No scan '{name}' is registered{NearestName.Question(name, Now.Names)}")]);

    /// <summary>The request under the name by which its scan is registered.</summary>
    /// <param name="request">The request.</param>
    public ScanRequest Named(ScanRequest request) =>
        Find(request.Scan) is { } found && found.Name != request.Scan ? request with { Scan = found.Name } : request;

    /// <summary>Checks a request's arguments against the declaration and fills in defaults.</summary>
    /// <param name="request">The request.</param>
    /// <param name="roster">The devices.</param>
    /// <returns>Complete arguments, or every reason against them.</returns>
    public Outcome<(ScanDeclaration Declaration, ScanArguments Arguments)> Bind(ScanRequest request, DeviceBook roster) =>
        Look(request.Scan) switch
        {
            Refused<ScanDeclaration> refused => new Refused<(ScanDeclaration, ScanArguments)>(refused.Reasons),
            Accepted<ScanDeclaration>(var declaration) => new ArgumentBinder(declaration, roster).Bind(request) switch
            {
                Refused<ScanArguments> refused => new Refused<(ScanDeclaration, ScanArguments)>(refused.Reasons),
                Accepted<ScanArguments>(var arguments) =>
                    new Accepted<(ScanDeclaration, ScanArguments)>((declaration, arguments)),
                _ => throw new System.Diagnostics.UnreachableException(),
            },
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    private static Func<PluginSet> FixedTo(PluginSet plugins) => () => plugins;

    // All scans while one set of plugins counts.
    private sealed class Contents
    {
        private readonly SortedDictionary<string, ScanDeclaration> _scans = new(StringComparer.Ordinal);
        private readonly Dictionary<string, ScanDeclaration> _byAlias = new(StringComparer.Ordinal);

        public Contents(PluginSet plugins)
            : this(plugins.Registry, out var mistakes)
        {
            Plugins = plugins;
            if (mistakes.Count > 0)
            {
                throw new ArgumentException(string.Join("; ", mistakes));
            }
        }

        private Contents(PluginRegistry plugins, out List<string> mistakes)
        {
            Plugins = PluginSet.Of(plugins);
            mistakes = [];
            try
            {
                foreach (var scan in ScanModification.Apply([.. BuiltIn, .. plugins.Scans.Values], plugins.Modifiers))
                {
                    Add(scan, mistakes);
                }
            }
            catch (ArgumentException contradiction)
            {
                mistakes.Add(contradiction.Message);
            }
        }

        public PluginSet Plugins { get; }

        public IReadOnlyCollection<ScanDeclaration> All => _scans.Values;

        public IEnumerable<string> Names => _scans.Keys.Concat(_byAlias.Keys);

        public static IEnumerable<string> MistakesIn(PluginRegistry plugins)
        {
            _ = new Contents(plugins, out var mistakes);
            return mistakes;
        }

        public ScanDeclaration? Find(string name) => _scans.GetValueOrDefault(name) ?? _byAlias.GetValueOrDefault(name);

        private void Add(ScanDeclaration scan, List<string> mistakes)
        {
            var whole = scan with { Parameters = [.. scan.Parameters, .. CommonParameters.Missing(scan)] };
            var wrong = whole.Mistakes().ToArray();
            if (wrong.Length > 0)
            {
                mistakes.Add($"The scan '{scan.Name}' is declared wrongly: {string.Join("; ", wrong)}.");
            }

            var taken = scan.Aliases.Prepend(scan.Name).Where(n => Find(n) is not null).ToArray();
            mistakes.AddRange(taken.Select(name => $"A scan '{name}' is registered already."));
            if (wrong.Length > 0 || taken.Length > 0)
            {
                return;
            }

            _scans.Add(scan.Name, whole);
            foreach (var alias in scan.Aliases)
            {
                _byAlias.Add(alias, whole);
            }
        }
    }
}
