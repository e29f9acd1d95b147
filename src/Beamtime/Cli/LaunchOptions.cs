using System.CommandLine;
using Beamtime.Roles;

namespace Beamtime.Cli;

/// <summary>The options by which a local command finds its site, settings and data folder.</summary>
internal sealed class LaunchOptions
{
    private readonly Option<string?> _site = new("--site")
    {
        Description = "Name or path of the site; by default BEAMTIME_SITE, else demo.",
    };

    private readonly Option<string?> _configFile = new("--config")
    {
        Description = "A settings file over the site's own; by default BEAMTIME_CONFIG_FILE.",
    };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "One setting, section.key=value; may be repeated.",
        AllowMultipleArgumentsPerToken = false,
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string?> _data = new("--data")
    {
        Description = "The program's data folder; the same as --set database.data_folder=PATH.",
    };

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    public Command On(Command command)
    {
        command.Options.Add(_site);
        command.Options.Add(_configFile);
        command.Options.Add(_set);
        command.Options.Add(_data);
        return command;
    }

    /// <summary>Reads site and settings as the command line names them.</summary>
    /// <param name="run">The command's run.</param>
    /// <param name="more">Further settings: <c>section.key=value</c>.</param>
    /// <exception cref="Sdk.Errors.RefusedException">Every mistake in them.</exception>
    public HostLaunch Read(CommandRun run, params IReadOnlyList<string> more)
    {
        List<string> overrides = [.. run.Arguments.GetValue(_set) ?? [], .. more];
        if (run.Arguments.GetValue(_data) is { } data)
        {
            overrides.Add($"database.data_folder={Path.GetFullPath(data)}");
        }

        return HostLaunch.Read(run.Arguments.GetValue(_site), run.Arguments.GetValue(_configFile), overrides);
    }
}
