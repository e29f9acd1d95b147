using System.CommandLine;
using System.Globalization;
using Beamtime.Control.Plugins;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime plugin</c>: which plugins there are, and reading them anew.</summary>
internal static class PluginCommands
{
    private static readonly Argument<string> Plugin = new("plugin") { Description = "Name of the plugin." };

    /// <summary>The command with its verbs.</summary>
    public static Command Create() => new("plugin", "Look at plugins and read them anew without a restart.")
    {
        CommandRun.OnServer(new Command("ls", "List the plugins with version and source, and what was refused."), ListAsync),
        CommandRun.OnServer(new Command("show", "Show what a plugin brings.") { Plugin }, ShowAsync),
        CommandRun.OnServer(
            new Command("reload", "Read the plugins anew; what runs goes on with the version it began with."), ReloadAsync),
    };

    private static async Task<ExitCode> ListAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var list = await client.GetAsync<PluginList>("plugins", cancel);
        return run.Print(list, console =>
        {
            var table = new Table().AddColumns("plugin", "version", "digest", "loaded (UTC)", "brings", "source").SimpleBorder();
            foreach (var plugin in list.Plugins)
            {
                table.AddRow(
                    Markup.Escape(plugin.Name),
                    Markup.Escape(plugin.Version ?? "refused"),
                    plugin.Digest?[..12] ?? "",
                    plugin.LoadedAt?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "",
                    Markup.Escape(Brings(plugin)),
                    Markup.Escape(plugin.Source ?? ""));
            }

            console.Write(table);
            SayRefused(run, list);
            run.Say($"Folders: {string.Join(", ", list.Folders)}");
        });
    }

    private static async Task<ExitCode> ShowAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var plugin = await client.GetAsync<PluginAnswer>($"plugins/{BeamtimeClient.Part(run.Arguments.GetValue(Plugin)!)}", cancel);
        return run.Print(plugin, _ =>
        {
            run.Say($"{plugin.Name}  {plugin.Version ?? "not loaded"}");
            if (plugin.Source is not null)
            {
                run.Say($"  source     {plugin.Source}");
                run.Say($"  digest     {plugin.Digest}");
                run.Say($"  loaded     {plugin.LoadedAt:yyyy-MM-dd HH:mm:ss} UTC");
                run.Say($"  scans      {(plugin.Scans.Count == 0 ? "none" : string.Join(", ", plugin.Scans))}");
                run.Say($"  modifiers  {(plugin.Modifiers.Count == 0 ? "none" : string.Join(", ", plugin.Modifiers))}");
                run.Say($"  scripts    {(plugin.Scripts.Count == 0 ? "none" : string.Join(", ", plugin.Scripts))}");
                run.Say($"  {plugin.DeviceClasses} device classes, {plugin.Sections} sections of files");
            }

            SayRefused(run, new PluginList([plugin], [], []));
        });
    }

    private static async Task<ExitCode> ReloadAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var list = await client.PostAsync<PluginList>("plugins/reload", new { }, cancel);
        run.Print(list, _ =>
        {
            foreach (var change in list.Changed)
            {
                run.Say(change);
            }

            if (list.Changed.Count == 0)
            {
                run.Say("No plugin was replaced.");
            }

            SayRefused(run, list);
        });
        return list.Plugins.Any(p => p.Refused.Count > 0) ? ExitCode.Refused : ExitCode.Done;
    }

    private static void SayRefused(CommandRun run, PluginList list)
    {
        foreach (var plugin in list.Plugins.Where(p => p.Refused.Count > 0))
        {
            run.Say(plugin.Version is null
                ? $"{plugin.Name} is refused:"
                : $"What lies in the folder of {plugin.Name} now is refused; {plugin.Version} ({plugin.Digest![..12]}) goes on:");
            foreach (var reason in plugin.Refused)
            {
                run.Say($"  {reason.Code}: {reason.Message}");
                run.Say($"    {reason.Remedy}");
            }
        }
    }

    private static string Brings(PluginAnswer plugin) => string.Join(", ", new[]
    {
        Count(plugin.Scans.Count, "scan"), Count(plugin.Modifiers.Count, "modifier"), Count(plugin.Scripts.Count, "script"), Count(plugin.DeviceClasses, "device class"),
        Count(plugin.Sections, "section"),
    }.OfType<string>());

    private static string? Count(int number, string what) => number switch
    {
        0 => null,
        1 => $"1 {what}",
        _ => $"{number} {what}{(what.EndsWith('s') ? "es" : "s")}",
    };
}
