using System.Reflection;
using System.Runtime.Loader;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Plugins;

namespace Beamtime.Roles;

/// <summary>Loads the plugins that lie in a folder, one sub-folder a plugin with an assembly of the same name.</summary>
internal static class PluginLoader
{
    /// <summary>Loads and registers all plugins.</summary>
    /// <param name="folder">The folder; an absent one has no plugins.</param>
    /// <exception cref="FaultException"><c>plugin.load.failed</c>.</exception>
    public static PluginRegistry Load(string folder)
    {
        var registry = new PluginRegistry();
        if (!Directory.Exists(folder))
        {
            return registry;
        }

        foreach (var plugin in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal))
        {
            var path = Path.Combine(plugin, Path.GetFileName(plugin) + ".dll");
            try
            {
                Create(new PluginContext(path).LoadFromAssemblyPath(path)).Register(registry);
            }
            catch (Exception error) when (error is IOException or BadImageFormatException or ArgumentException
                or InvalidOperationException or TypeLoadException or ReflectionTypeLoadException)
            {
                throw RoleErrors.PluginFailed.Fault($"{path}: {error.Message}", error);
            }
        }

        return registry;
    }

    private static Plugin Create(Assembly assembly) =>
        assembly.GetExportedTypes().Where(t => t.IsSubclassOf(typeof(Plugin)) && !t.IsAbstract).ToArray() is [var type]
            ? (Plugin)Activator.CreateInstance(type)!
            : throw new InvalidOperationException("it must have exactly one public class derived from Plugin");

    /// <summary>A plugin's own dependencies; what the program has itself is shared with it.</summary>
    private sealed class PluginContext(string path) : AssemblyLoadContext(Path.GetFileNameWithoutExtension(path))
    {
        private readonly AssemblyDependencyResolver _resolver = new(path);

        protected override Assembly? Load(AssemblyName assemblyName)
        {
            var shared = Default.Assemblies.FirstOrDefault(a => a.GetName().Name == assemblyName.Name);
            return shared is null && _resolver.ResolveAssemblyToPath(assemblyName) is { } own
                && !assemblyName.Name!.StartsWith("Beamtime.", StringComparison.Ordinal)
                ? LoadFromAssemblyPath(own)
                : shared;
        }
    }
}
