using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Plugins;

/// <summary>What can be wrong with plugins.</summary>
internal static class PluginErrors
{
    /// <summary>A plugin cannot be loaded.</summary>
    public static readonly ErrorCode Failed = new(
        "plugin.load.failed",
        "A plugin's assembly cannot be loaded, has no plugin in it, or its own code throws.",
        "Remove or replace the plugin named in the message.");

    /// <summary>Two plugins register one name.</summary>
    public static readonly ErrorCode NameTaken = new(
        "plugin.name.taken",
        "A name that a plugin registers is taken by another plugin.",
        "Give one of them another name, or remove one of the plugins.");

    /// <summary>Its declarations contradict themselves or others.</summary>
    public static readonly ErrorCode Contradicts = new(
        "plugin.declaration.invalid",
        "What a plugin declares contradicts itself, the scans of the program or another plugin.",
        "Correct the declarations that the message names and build the plugin again.");

    /// <summary>Plugins that cannot be read anew.</summary>
    public static readonly ErrorCode Fixed = new(
        "plugin.shelf.fixed",
        "The plugins of this program were given to it at its start and lie in no folder.",
        "Start the program with a folder of plugins.");

    /// <summary>No such plugin.</summary>
    public static readonly ErrorCode Unknown = new(
        "plugin.unknown",
        "No plugin of that name is loaded.",
        "List the plugins with 'beamtime plugin ls'.");
}
