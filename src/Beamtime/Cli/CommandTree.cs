using System.CommandLine;
using Beamtime.Doctor;

namespace Beamtime.Cli;

/// <summary>The command line: a noun a file, verbs below it.</summary>
internal static class CommandTree
{
    /// <summary>Runs a command line.</summary>
    /// <param name="args">The arguments.</param>
    /// <returns>The exit code, one of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var result = Root().Parse(args);
        if (result.Errors.Count > 0 && result.Action is not System.CommandLine.Help.HelpAction)
        {
            await result.InvokeAsync(new InvocationConfiguration { Output = Console.Error });
            return (int)ExitCode.Usage;
        }

        return await result.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(60) });
    }

    /// <summary>The tree of all commands.</summary>
    public static RootCommand Root()
    {
        var root = new RootCommand("Beamtime carries an experiment from a ready beam to archived, catalogued data.");
        root.Options.Add(CommonOptions.Json);
        root.Options.Add(CommonOptions.Server);
        root.Options.Add(CommonOptions.CaFile);
        root.Subcommands.Add(UpCommand.Create());
        root.Subcommands.Add(ServeCommand.Create());
        root.Subcommands.Add(DemoCommand.Create());
        root.Subcommands.Add(ScanCommands.Create());
        root.Subcommands.Add(StepCommands.Create());
        root.Subcommands.Add(StepCommands.CreateList());
        root.Subcommands.Add(MetadataCommands.Create());
        root.Subcommands.Add(GroupCommands.Create());
        root.Subcommands.Add(QueueCommands.Create());
        root.Subcommands.Add(ScriptCommands.Create());
        root.Subcommands.Add(ActorCommands.Create());
        root.Subcommands.Add(PluginCommands.Create());
        root.Subcommands.Add(ScanListCommands.Create());
        root.Subcommands.Add(BatonCommands.Create());
        root.Subcommands.Add(AlarmCommands.Create());
        root.Subcommands.Add(BeamlineCommands.Create());
        root.Subcommands.Add(DeviceCommands.Create());
        root.Subcommands.Add(DeviceCommands.CreateStop());
        root.Subcommands.Add(MoveCommands.CreateMove());
        root.Subcommands.Add(MoveCommands.CreateUpdatedMove());
        root.Subcommands.Add(MoveCommands.CreateHistory());
        root.Subcommands.Add(DatasetCommands.Create());
        root.Subcommands.Add(ComputeCommands.CreateReconstruct());
        root.Subcommands.Add(ComputeCommands.CreateCompute());
        root.Subcommands.Add(GateCommand.Create());
        root.Subcommands.Add(ProcedureCommands.Create());
        root.Subcommands.Add(TimelineCommand.Create());
        root.Subcommands.Add(LedgerCommands.Create());
        root.Subcommands.Add(PeopleCommands.Create());
        root.Subcommands.Add(JobCommands.Create());
        root.Subcommands.Add(WorkPoolCommands.CreatePool());
        root.Subcommands.Add(WorkPoolCommands.CreateQueue());
        root.Subcommands.Add(WorkPoolCommands.CreateShare());
        root.Subcommands.Add(WorkerCommands.Create());
        root.Subcommands.Add(ScheduleCommands.Create());
        root.Subcommands.Add(ScheduleCommands.CreateScheduler());
        root.Subcommands.Add(WorkflowCommands.Create());
        root.Subcommands.Add(StatusCommand.Create());
        root.Subcommands.Add(LogCommands.Create());
        root.Subcommands.Add(LoginCommand.CreateLogin());
        root.Subcommands.Add(LoginCommand.CreateLogout());
        root.Subcommands.Add(LoginCommand.CreateWhoAmI());
        root.Subcommands.Add(KeyCommands.Create());
        root.Subcommands.Add(AdminCommands.Create());
        root.Subcommands.Add(ConfigCommands.Create());
        root.Subcommands.Add(MigrateCommand.Create());
        root.Subcommands.Add(DoctorCommand.Create());
        root.Subcommands.Add(Hdf5Check.CreateProbe());
        root.Subcommands.Add(FileReaderCommand.Create());
        root.Subcommands.Add(BackupCommands.CreateBackup());
        root.Subcommands.Add(BackupCommands.CreateRestore());
        root.Subcommands.Add(DatabaseCommands.Create());
        return root;
    }
}
