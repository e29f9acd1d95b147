using System.Runtime.CompilerServices;
using Beamtime.Sdk.Plugins;
using Beamtime.Sdk.Recording;
using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Plugins;

/// <summary>
/// Has whatever a version of a plugin made keep that version: a running scan, a connected device, a section being
/// written. A version may load its libraries as late as it likes, and is unloaded when nothing of it is used any more.
/// </summary>
internal sealed class PluginUsers
{
    private readonly ConditionalWeakTable<object, PluginContext> _versions = [];

    /// <summary>Registers what a plugin brings, each piece such that it keeps its version.</summary>
    /// <param name="plugin">The plugin.</param>
    /// <param name="all">Where.</param>
    public void Register(LoadedPlugin plugin, PluginRegistry all)
    {
        var context = plugin.Context;
        foreach (var (name, create) in plugin.Registry.Devices)
        {
            all.AddDevice(configuration => Keeps(create(configuration), context), name);
        }

        foreach (var scan in plugin.Registry.Scans.Values)
        {
            all.AddScan(scan with { Create = arguments => Keeps(scan.Create(arguments), context) });
        }

        foreach (var script in plugin.Registry.Scripts.Values)
        {
            all.AddScript(script with { Create = arguments => Keeps(script.Create(arguments), context) });
        }

        foreach (var modifier in plugin.Registry.Modifiers)
        {
            all.AddModifier(modifier with { Changes = [.. modifier.Changes.Select(change => Kept(change, context))] });
        }

        foreach (var section in plugin.Registry.Sections)
        {
            all.AddSection(new KeptSection(section, context));
        }
    }

    private T Keeps<T>(T made, PluginContext context)
        where T : class
    {
        _versions.AddOrUpdate(made, context);
        return made;
    }

    private static HookChange Kept(HookChange change, PluginContext context) => change with
    {
        Do = async (scan, original, cancel) =>
        {
            await change.Do(scan, original, cancel);
            GC.KeepAlive(context);
        },
    };

    private sealed class KeptSection(FileSection section, PluginContext context) : FileSection
    {
        public override string Name => section.Name;

        public override bool AppliesTo(RecordedScan scan) => section.AppliesTo(scan);

        public override void Write(string path, RecordedScan scan)
        {
            section.Write(path, scan);
            GC.KeepAlive(context);
        }
    }
}
