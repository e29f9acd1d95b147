using System.CommandLine;
using Beamtime.Control.Scans.Batons;

namespace Beamtime.Cli;

/// <summary><c>beamtime baton</c>: who has control of the beamline.</summary>
internal static class BatonCommands
{
    private static readonly Option<string> Reason = new("--reason") { Description = "What for.", DefaultValueFactory = _ => "" };
    private static readonly Option<bool> Override = new("--override") { Description = "Also against somebody who has it; needs baton.override." };

    /// <summary>The command with its verbs.</summary>
    public static Command Create() => new("baton", "Take control of the beamline, so that others submit no scans, and put it down.")
    {
        CommandRun.OnServer(
            new Command("show", "Show who has control."),
            async (run, client, cancel) => Print(run, await client.GetAsync<BatonRecord>("baton", cancel))),
        CommandRun.OnServer(
            new Command("take", "Take control.") { Reason, Override },
            async (run, client, cancel) => Print(run, await client.PostAsync<BatonRecord>("baton/take", RequestOf(run), cancel))),
        CommandRun.OnServer(
            new Command("release", "Put control down.") { Reason, Override },
            async (run, client, cancel) => Print(run, await client.PostAsync<BatonRecord>("baton/release", RequestOf(run), cancel))),
    };

    private static BatonRequest RequestOf(CommandRun run) =>
        new() { Reason = run.Arguments.GetValue(Reason)!, Override = run.Arguments.GetValue(Override) };

    private static ExitCode Print(CommandRun run, BatonRecord baton) => run.Print(baton, _ => run.Say(baton.Holder is { } holder
        ? $"{holder} has control of {baton.Beamline} since {baton.Since:u}: {baton.Reason}"
        : $"nobody has control of {baton.Beamline}"));
}
