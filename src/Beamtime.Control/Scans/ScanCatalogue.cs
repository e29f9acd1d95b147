using Beamtime.Control.Devices;
using Beamtime.Control.Scans.Library;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Plugins;
using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Scans;

/// <summary>All scans by name: the built-in ones and those of plugins. Binds requests to declarations.</summary>
internal sealed class ScanCatalogue
{
    private readonly SortedDictionary<string, ScanDeclaration> _scans = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ScanDeclaration> _byAlias = new(StringComparer.Ordinal);

    /// <summary>The built-in scans and those of plugins.</summary>
    /// <param name="plugins">What plugins registered.</param>
    /// <exception cref="ArgumentException">A plugin's scan has a name that is taken, or its declaration contradicts itself.</exception>
    public ScanCatalogue(PluginRegistry plugins)
    {
        foreach (var scan in ScanModification.Apply([.. BuiltIn, .. plugins.Scans.Values], plugins.Modifiers))
        {
            Add(scan);
        }
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
    public IReadOnlyCollection<ScanDeclaration> All => _scans.Values;

    /// <summary>The declaration of that name; a bug when there is none.</summary>
    /// <param name="name">The scan's name, or another name for it.</param>
    public ScanDeclaration this[string name] => Find(name) ?? throw new KeyNotFoundException($"No scan '{name}' is registered.");

    /// <summary>The declaration of that name; null when there is none.</summary>
    /// <param name="name">The scan's name, or another name for it.</param>
    public ScanDeclaration? Find(string name) => _scans.GetValueOrDefault(name) ?? _byAlias.GetValueOrDefault(name);

    /// <summary>The declaration of that name, or why there is none.</summary>
    /// <param name="name">The scan's name, or another name for it.</param>
    public Outcome<ScanDeclaration> Look(string name) => Find(name) is { } found
        ? new Accepted<ScanDeclaration>(found)
        : new Refused<ScanDeclaration>([ScanErrors.UnknownName.Because(
            $"No scan '{name}' is registered{NearestName.Question(name, _scans.Keys.Concat(_byAlias.Keys))}")]);

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

    private void Add(ScanDeclaration scan)
    {
        var whole = scan with { Parameters = [.. scan.Parameters, .. CommonParameters.Missing(scan)] };
        if (whole.Mistakes().ToArray() is { Length: > 0 } mistakes)
        {
            throw new ArgumentException($"The scan '{scan.Name}' is declared wrongly: {string.Join("; ", mistakes)}.");
        }

        if (scan.Aliases.Prepend(scan.Name).FirstOrDefault(n => Find(n) is not null) is { } taken)
        {
            throw new ArgumentException($"A scan '{taken}' is registered already.");
        }

        _scans.Add(scan.Name, whole);
        foreach (var alias in scan.Aliases)
        {
            _byAlias.Add(alias, whole);
        }
    }
}
