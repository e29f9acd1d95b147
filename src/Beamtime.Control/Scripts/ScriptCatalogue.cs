using Beamtime.Control.Devices;
using Beamtime.Control.Plugins;
using Beamtime.Control.Scans;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Plugins;
using Beamtime.Sdk.Scans;
using Beamtime.Sdk.Scripts;

namespace Beamtime.Control.Scripts;

/// <summary>All server scripts by name: the built-in ones and those of the plugins that count at the moment.</summary>
internal sealed class ScriptCatalogue(PluginShelf shelf, DeviceBook book)
{
    /// <summary>The scripts that need no plugin.</summary>
    public static IReadOnlyList<ScriptDeclaration> BuiltIn { get; } = [CommandScript.Declaration];

    /// <summary>All scripts as the catalogue tells them, by name.</summary>
    public IReadOnlyList<ScriptCatalogueEntry> Entries
    {
        get
        {
            var plugins = shelf.Current;
            return
            [
                .. BuiltIn.Concat(plugins.Registry.Scripts.Values).OrderBy(s => s.Name, StringComparer.Ordinal)
                    .Select(s => EntryOf(s, PluginOrigin.Of(plugins.OfScript(s.Name)))),
            ];
        }
    }

    /// <summary>What is wrong with the scripts of plugins; empty when nothing is.</summary>
    /// <param name="plugins">What plugins registered.</param>
    public static IEnumerable<string> MistakesIn(PluginRegistry plugins) => plugins.Scripts.Values.SelectMany(script => ShapeOf(script).Mistakes()
        .Select(m => $"The script '{script.Name}' is declared wrongly: {m}.")
        .Concat(BuiltIn.Any(b => b.Name == script.Name) ? [$"A script '{script.Name}' is registered already."] : []));

    /// <summary>The script of that name with the plugin it comes from, or why there is none.</summary>
    /// <param name="name">The script's name.</param>
    public Outcome<(ScriptDeclaration Script, PluginOrigin? Plugin)> Look(string name)
    {
        var plugins = shelf.Current;
        var found = BuiltIn.FirstOrDefault(s => s.Name == name) ?? plugins.Registry.Scripts.GetValueOrDefault(name);
        return found is not null
            ? new Accepted<(ScriptDeclaration, PluginOrigin?)>((found, PluginOrigin.Of(plugins.OfScript(name))))
            : new Refused<(ScriptDeclaration, PluginOrigin?)>([ScriptErrors.UnknownName.Because(
                $"No script '{name}' is registered{NearestName.Question(name, Entries.Select(s => s.Name))}")]);
    }

    /// <summary>Checks arguments against a declaration and fills in defaults.</summary>
    /// <param name="script">The declaration.</param>
    /// <param name="args">Positional arguments.</param>
    /// <param name="parameters">Named ones.</param>
    public Outcome<ScanArguments> Bind(
        ScriptDeclaration script, IReadOnlyList<string> args, IReadOnlyDictionary<string, string> parameters) =>
        new ArgumentBinder(ShapeOf(script), book).Bind(new ScanRequest { Scan = script.Name, Args = args, Parameters = parameters });

    // Parameters of scripts are those of scans: declared, checked and explained alike.
    private static ScanDeclaration ShapeOf(ScriptDeclaration script) => new()
    {
        Name = script.Name,
        Description = script.Description,
        Bundle = script.Bundle,
        Bundles = script.Bundles,
        Parameters = script.Parameters,
        Create = static _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>The entry of a script as the catalogue tells it.</summary>
    /// <param name="script">The declaration.</param>
    /// <param name="plugin">The plugin that it comes from.</param>
    public static ScriptCatalogueEntry EntryOf(ScriptDeclaration script, PluginOrigin? plugin) => new(
        script.Name,
        script.Description,
        [.. script.Bundle.Select(ScanCatalogueParameter.Of)],
        script.Bundles.Least,
        script.Bundles.Most,
        [.. script.Parameters.Select(ScanCatalogueParameter.Of)],
        plugin);
}
