using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Plugins;

/// <summary>Which plugin a scan comes from.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">What its assembly says: <c>1.2.0</c>.</param>
/// <param name="Digest">SHA-256 of its files, hexadecimal.</param>
/// <param name="Source">The path of its assembly.</param>
internal sealed record PluginOrigin(string Name, string Version, string Digest, string Source)
{
    /// <summary>The origin as people read it.</summary>
    public string Text => $"{Name} {Version} ({Digest[..12]})";

    /// <summary>Where a plugin comes from.</summary>
    /// <param name="plugin">The plugin; null for none.</param>
    public static PluginOrigin? Of(LoadedPlugin? plugin) =>
        plugin is null ? null : new PluginOrigin(plugin.Name, plugin.Version, plugin.Digest, plugin.Source);
}

/// <summary>A plugin as REST tells it.</summary>
internal sealed record PluginAnswer
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What its assembly says: <c>1.2.0</c>; null where none is loaded.</summary>
    public string? Version { get; init; }

    /// <summary>SHA-256 of its files, hexadecimal; null where none is loaded.</summary>
    public string? Digest { get; init; }

    /// <summary>The path of its assembly; null where none is loaded.</summary>
    public string? Source { get; init; }

    /// <summary>When it was loaded, UTC; null where none is loaded.</summary>
    public DateTimeOffset? LoadedAt { get; init; }

    /// <summary>Its scans.</summary>
    public IReadOnlyList<string> Scans { get; init; } = [];

    /// <summary>Its modifiers of scans.</summary>
    public IReadOnlyList<string> Modifiers { get; init; } = [];

    /// <summary>Its server scripts.</summary>
    public IReadOnlyList<string> Scripts { get; init; } = [];

    /// <summary>How many device classes it has.</summary>
    public int DeviceClasses { get; init; }

    /// <summary>How many sections of files it has.</summary>
    public int Sections { get; init; }

    /// <summary>Why what lies in its folder now was refused; empty when it was not.</summary>
    public IReadOnlyList<Reason> Refused { get; init; } = [];
}

/// <summary>The plugins of the scan server.</summary>
/// <param name="Plugins">The plugins, by name; also those that were refused.</param>
/// <param name="Folders">Where they are looked for.</param>
/// <param name="Changed">What an asking to read them anew has changed, for people: <c>Spiral 1.0.1 replaces 1.0.0</c>.</param>
internal sealed record PluginList(IReadOnlyList<PluginAnswer> Plugins, IReadOnlyList<string> Folders, IReadOnlyList<string> Changed)
{
    /// <summary>The plugins of a shelf.</summary>
    /// <param name="shelf">The shelf.</param>
    /// <param name="reload">What reading them anew has changed; null for nothing.</param>
    public static PluginList Of(PluginShelf shelf, PluginReload? reload)
    {
        var refused = shelf.Refused.ToLookup(r => r.Plugin, r => r.Reasons);
        PluginAnswer[] loaded = [.. shelf.Current.Plugins.Select(p => Told(p) with { Refused = [.. refused[p.Name].SelectMany(r => r)] })];
        return new PluginList(
            [
                .. loaded.Concat(refused.Where(r => !loaded.Any(l => l.Name == r.Key))
                    .Select(r => new PluginAnswer { Name = r.Key, Refused = [.. r.SelectMany(reasons => reasons)] }))
                    .OrderBy(p => p.Name, StringComparer.Ordinal),
            ],
            shelf.Folders,
            [.. reload?.Steps.Select(Told) ?? []]);
    }

    /// <summary>A change as people read it.</summary>
    /// <param name="step">The change.</param>
    public static string Told(PluginStep step) => step switch
    {
        { Before: null, Now: { } now } => $"{PluginOrigin.Of(now)!.Text} is loaded",
        { Before: { } before, Now: { } now } => $"{PluginOrigin.Of(now)!.Text} replaces {before.Version} ({before.Digest[..12]})",
        { Before: { } before } => $"{PluginOrigin.Of(before)!.Text} is gone",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static PluginAnswer Told(LoadedPlugin plugin) => new()
    {
        Name = plugin.Name,
        Version = plugin.Version,
        Digest = plugin.Digest,
        Source = plugin.Source,
        LoadedAt = plugin.LoadedAt,
        Scans = [.. plugin.Registry.Scans.Keys.Order(StringComparer.Ordinal)],
        Modifiers = [.. plugin.Registry.Modifiers.Select(m => m.Name)],
        Scripts = [.. plugin.Registry.Scripts.Keys.Order(StringComparer.Ordinal)],
        DeviceClasses = plugin.Registry.Devices.Count,
        Sections = plugin.Registry.Sections.Count,
    };
}
