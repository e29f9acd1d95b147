using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Npgsql;

namespace Beamtime.Control.Procedures;

/// <summary>Answers what is asked about procedures.</summary>
internal sealed class ProcedureReception(ProcedureBook book, ProcedureDesk desk, ProcedureTopics topics)
{
    /// <summary>Answers until cancelled.</summary>
    /// <param name="cancel">Ends the loop.</param>
    public Task RunAsync(CancellationToken cancel) => topics.Commands.ServeAsync(AnswerAsync, cancel);

    private async ValueTask<ProcedureReply> AnswerAsync(ProcedureCommand command, CancellationToken cancel)
    {
        if (command.Kind == ProcedureCommandKind.List)
        {
            return new ProcedureReply([.. book.All.Select(ProcedureAnswer.Of)], null);
        }

        try
        {
            var who = new PersonId(command.Who);
            var run = (command.Kind switch
            {
                ProcedureCommandKind.Start =>
                    await desk.StartAsync(command.Procedure, command.Parameters, who, command.Run, cancel),
                ProcedureCommandKind.Abort => await desk.AbortAsync(command.Run!.Value, who, command.Reason, cancel),
                _ => await desk.ResumeAsync(command.Run!.Value, command.Step, who, cancel),
            }).OrThrow();
            return new ProcedureReply(null, ProcedureRunAnswer.Of(run));
        }
        catch (NpgsqlException outage) when (outage.IsOutage())
        {
            throw DatabaseErrors.Unreachable.Fault("The scan server does not reach the database; no procedure begins until it does.", outage);
        }
    }
}
