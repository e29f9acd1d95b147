using System.Text.Json.Nodes;
using Beamtime.Control.Beamline;
using Beamtime.Control.Devices;
using Beamtime.Control.Procedures;
using Beamtime.Core.Settings;
using Beamtime.Roles;

namespace Beamtime.Cli;

/// <summary>The schemas of all configuration files, by the file's name without its ending.</summary>
internal static class ConfigSchemas
{
    private static readonly Dictionary<string, Func<JsonObject>> ByFile = new(StringComparer.Ordinal)
    {
        ["beamtime"] = () => SettingsSchema.Of(HostLaunch.OptionTypes),
        ["devices"] = DeviceSchema.Write,
        ["beamline"] = BeamlineSchema.Write,
        ["procedures"] = ProcedureSchema.Write,
    };

    /// <summary>The files that have one.</summary>
    public static IEnumerable<string> Files => ByFile.Keys;

    /// <summary>The schema of a file.</summary>
    /// <param name="file">The file's name without its ending.</param>
    /// <exception cref="Sdk.Errors.RefusedException"><c>cli.argument.invalid</c>.</exception>
    public static JsonObject Of(string file) => ByFile.TryGetValue(file, out var write)
        ? write()
        : throw new Sdk.Errors.RefusedException(CliErrors.Argument.Because(
            $"there is no schema of '{file}', only of {string.Join(", ", ByFile.Keys)}"));
}
