using System.Reflection;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Plugins;

namespace Beamtime.Control.Plugins;

/// <summary>One version of a plugin, loaded.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">What its assembly says: <c>1.2.0</c>.</param>
/// <param name="Digest">SHA-256 of its files, hexadecimal.</param>
/// <param name="Source">The path of its assembly.</param>
/// <param name="LoadedAt">When, UTC.</param>
/// <param name="Registry">What it registered.</param>
/// <param name="Context">Where its code lives; who uses that keeps it.</param>
internal sealed record LoadedPlugin(
    string Name,
    string Version,
    string Digest,
    string Source,
    DateTimeOffset LoadedAt,
    PluginRegistry Registry,
    PluginContext Context)
{
    /// <summary>Loads a plugin and has it register what it brings.</summary>
    /// <param name="files">Its files.</param>
    /// <param name="now">The time, UTC.</param>
    /// <returns>The plugin, or why it cannot be loaded.</returns>
    public static Outcome<LoadedPlugin> Load(PluginFiles files, DateTimeOffset now)
    {
        try
        {
            var context = new PluginContext(files);
            var assembly = context.LoadPlugin();
            var registry = new PluginRegistry();
            Create(assembly).Register(registry);
            return new Accepted<LoadedPlugin>(
                new LoadedPlugin(files.Name, VersionOf(assembly), files.Digest, files.Source, now, registry, context));
        }
        catch (Exception error)
        {
            // The edge to a plugin's code: whatever it throws must not reach those who measure.
            return new Refused<LoadedPlugin>([.. MessagesOf(error).Select(m => PluginErrors.Failed.Because($"{files.Source}: {m}"))]);
        }
    }

    private static Plugin Create(Assembly assembly) =>
        assembly.GetExportedTypes().Where(t => t.IsSubclassOf(typeof(Plugin)) && !t.IsAbstract).ToArray() is [var type]
            ? (Plugin)Activator.CreateInstance(type)!
            : throw new InvalidOperationException("it must have exactly one public class derived from Plugin");

    private static string VersionOf(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]
        ?? assembly.GetName().Version?.ToString()
        ?? "";

    private static IEnumerable<string> MessagesOf(Exception error) => error switch
    {
        TargetInvocationException { InnerException: { } inner } => MessagesOf(inner),
        ReflectionTypeLoadException load => load.LoaderExceptions.OfType<Exception>().Select(e => e.Message).Distinct(),
        RefusedException refused => refused.Reasons.Select(r => r.Message),
        _ => [$"{error.GetType().Name}: {error.Message}"],
    };
}
