using System.Reflection;
using System.Runtime.Loader;

namespace Beamtime.Control.Plugins;

/// <summary>
/// One version of a plugin with its own dependencies; what the program has itself is shared with it. It goes when nothing
/// of it is used any more: it is never unloaded under somebody who uses it.
/// </summary>
/// <param name="files">The plugin's files.</param>
internal sealed class PluginContext(PluginFiles files) : AssemblyLoadContext($"{files.Name} {files.Digest[..12]}", isCollectible: true)
{
    /// <summary>Loads the plugin's assembly.</summary>
    /// <exception cref="FileNotFoundException">The folder has no assembly of its name.</exception>
    /// <exception cref="BadImageFormatException">It is no assembly.</exception>
    public Assembly LoadPlugin() => LoadOwn(files.Name)
        ?? throw new FileNotFoundException($"{files.Folder} has no {files.Name}.dll");

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        var name = assemblyName.Name!;
        return Default.Assemblies.FirstOrDefault(a => a.GetName().Name == name)
            ?? (name.StartsWith("Beamtime.", StringComparison.Ordinal) && name != files.Name ? null : LoadOwn(name));
    }

    /// <inheritdoc/>
    protected override nint LoadUnmanagedDll(string unmanagedDllName) =>
        new[] { unmanagedDllName, $"{unmanagedDllName}.so", $"lib{unmanagedDllName}.so" }
            .FirstOrDefault(n => files.Find(n) is not null) is { } own
            ? LoadUnmanagedDllFromPath(Path.Combine(files.Folder, own))
            : 0;

    private Assembly? LoadOwn(string name)
    {
        if (files.Find($"{name}.dll") is not { } image)
        {
            return null;
        }

        using var assembly = new MemoryStream(image, writable: false);
        using var symbols = files.Find($"{name}.pdb") is { } found ? new MemoryStream(found, writable: false) : null;
        return LoadFromStream(assembly, symbols);
    }
}
