using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Plugins;

namespace Beamtime.Control.Plugins;

/// <summary>The plugins that count at one moment, and everything that they register together; never changes.</summary>
internal sealed class PluginSet
{
    private readonly Dictionary<string, LoadedPlugin> _ofScans;

    private PluginSet(IReadOnlyList<LoadedPlugin> plugins, PluginRegistry registry)
    {
        Plugins = plugins;
        Registry = registry;
        _ofScans = plugins.SelectMany(p => p.Registry.Scans.Keys.Select(name => (Name: name, Plugin: p)))
            .ToDictionary(s => s.Name, s => s.Plugin, StringComparer.Ordinal);
    }

    /// <summary>The plugins, by name.</summary>
    public IReadOnlyList<LoadedPlugin> Plugins { get; }

    /// <summary>All that they register.</summary>
    public PluginRegistry Registry { get; }

    /// <summary>Plugins that are no files, for programs that bring their own.</summary>
    /// <param name="registry">What they register.</param>
    public static PluginSet Of(PluginRegistry registry) => new([], registry);

    /// <summary>Puts plugins together.</summary>
    /// <param name="plugins">The plugins.</param>
    /// <param name="users">Has what they make keep them.</param>
    /// <param name="mistakes">What else is wrong with all that they register.</param>
    /// <returns>The set, or every reason against it.</returns>
    public static Outcome<PluginSet> Of(
        IReadOnlyList<LoadedPlugin> plugins, PluginUsers users, Func<PluginRegistry, IEnumerable<string>> mistakes)
    {
        Reason[] taken =
        [
            .. Taken(plugins, "device class", p => p.Registry.Devices.Keys),
            .. Taken(plugins, "server script", p => p.Registry.Scripts.Keys),
            .. Taken(plugins, "scan", p => p.Registry.Scans.Values.SelectMany(s => s.Aliases.Prepend(s.Name)).Distinct()),
        ];
        if (taken.Length > 0)
        {
            return new Refused<PluginSet>(taken);
        }

        var all = new PluginRegistry();
        foreach (var plugin in plugins)
        {
            users.Register(plugin, all);
        }

        return mistakes(all).Select(m => PluginErrors.Contradicts.Because(m)).ToArray() is { Length: > 0 } wrong
            ? new Refused<PluginSet>(wrong)
            : new Accepted<PluginSet>(new PluginSet([.. plugins], all));
    }

    /// <summary>The plugin that brought a scan; null for a scan of the program.</summary>
    /// <param name="scan">The scan's name.</param>
    public LoadedPlugin? OfScan(string scan) => _ofScans.GetValueOrDefault(scan);

    /// <summary>The plugin that brought a server script; null for one of the program.</summary>
    /// <param name="script">The script's name.</param>
    public LoadedPlugin? OfScript(string script) => Plugins.FirstOrDefault(p => p.Registry.Scripts.ContainsKey(script));

    private static IEnumerable<Reason> Taken(
        IReadOnlyList<LoadedPlugin> plugins, string what, Func<LoadedPlugin, IEnumerable<string>> names) => plugins
        .SelectMany(p => names(p).Select(name => (Name: name, Plugin: p.Name)))
        .GroupBy(n => n.Name)
        .Where(g => g.Count() > 1)
        .Select(g => PluginErrors.NameTaken.Because($"the {what} '{g.Key}' is registered by {string.Join(" and ", g.Select(n => n.Plugin))}"));
}
