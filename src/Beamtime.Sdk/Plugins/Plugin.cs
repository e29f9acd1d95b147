using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Recording;
using Beamtime.Sdk.Scans;
using Beamtime.Sdk.Scripts;

namespace Beamtime.Sdk.Plugins;

/// <summary>
/// The one public class of a plugin assembly with a parameterless constructor: tells the program what the plugin has.
/// Called at start, before the configuration is read, and again for each version that is read while the program runs.
/// </summary>
public abstract class Plugin
{
    /// <summary>Registers the plugin's device classes, scans, modifiers, server scripts and file sections.</summary>
    /// <param name="registry">Where to register.</param>
    public abstract void Register(PluginRegistry registry);
}

/// <summary>What plugins have registered. A name registered twice is an error at start.</summary>
public sealed class PluginRegistry
{
    private readonly Dictionary<string, Func<DeviceConfiguration, IDevice>> _devices = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ScanDeclaration> _scans = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ScriptDeclaration> _scripts = new(StringComparer.Ordinal);
    private readonly List<FileSection> _sections = [];
    private readonly Dictionary<string, FileFormat> _formats = new(StringComparer.Ordinal);
    private readonly List<ScanModifier> _modifiers = [];

    /// <summary>Device classes by the name that a configuration uses.</summary>
    public IReadOnlyDictionary<string, Func<DeviceConfiguration, IDevice>> Devices => _devices;

    /// <summary>Scans by name.</summary>
    public IReadOnlyDictionary<string, ScanDeclaration> Scans => _scans;

    /// <summary>Modifiers of scans in the order of registration.</summary>
    public IReadOnlyList<ScanModifier> Modifiers => _modifiers;

    /// <summary>Server scripts by name.</summary>
    public IReadOnlyDictionary<string, ScriptDeclaration> Scripts => _scripts;

    /// <summary>File sections in the order of registration.</summary>
    public IReadOnlyList<FileSection> Sections => _sections;

    /// <summary>File formats by name; settings say which of them are written.</summary>
    public IReadOnlyDictionary<string, FileFormat> Formats => _formats;

    /// <summary>Adds a device class under one or more names.</summary>
    /// <param name="create">Makes the device from its <c>deviceConfig</c>; does not touch hardware.</param>
    /// <param name="names">The class names that configurations use.</param>
    /// <exception cref="ArgumentException">A name is taken.</exception>
    public void AddDevice(Func<DeviceConfiguration, IDevice> create, params IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            _devices.Add(name, create);
        }
    }

    /// <summary>Adds a scan.</summary>
    /// <param name="scan">Its declaration.</param>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public void AddScan(ScanDeclaration scan) => _scans.Add(scan.Name, scan);

    /// <summary>Adds a modifier of scans, those of other plugins included.</summary>
    /// <param name="modifier">The modifier.</param>
    public void AddModifier(ScanModifier modifier) => _modifiers.Add(modifier);

    /// <summary>Adds a server script.</summary>
    /// <param name="script">Its declaration.</param>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public void AddScript(ScriptDeclaration script) => _scripts.Add(script.Name, script);

    /// <summary>Adds a section that is written into every final file it applies to.</summary>
    /// <param name="section">The section.</param>
    public void AddSection(FileSection section) => _sections.Add(section);

    /// <summary>Adds a file format that settings may turn on.</summary>
    /// <param name="format">The format.</param>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public void AddFormat(FileFormat format) => _formats.Add(format.Name, format);
}
