namespace Beamtime.Control.Devices;

/// <summary>
/// The last answers of a device server by the instruction's id: an instruction that comes again, because its answer was
/// lost on the way, is not carried out again.
/// </summary>
internal sealed class InstructionMemory
{
    private const int Kept = 256;
    private readonly Lock _gate = new();
    private readonly (long Epoch, long Id, Task<InstructionDone>? Answer)[] _answers = new (long, long, Task<InstructionDone>?)[Kept];

    /// <summary>Carries an instruction out, or gives the answer it had.</summary>
    /// <param name="instruction">The instruction, with its id.</param>
    /// <param name="carryOut">Carries it out.</param>
    /// <param name="cancel">Ends the wait of a repeated one, and the first one's work.</param>
    public ValueTask<InstructionDone> OnceAsync(
        Instruction instruction,
        Func<Instruction, CancellationToken, ValueTask<InstructionDone>> carryOut,
        CancellationToken cancel)
    {
        var (epoch, id) = (instruction.OwnerEpoch, instruction.Id!.Value);
        lock (_gate)
        {
            ref var slot = ref _answers[id & (Kept - 1)];
            // What was given up halfway has no answer: it begins anew.
            if (slot is { Answer: { IsCanceled: false } known } && slot.Epoch == epoch && slot.Id == id)
            {
                return new ValueTask<InstructionDone>(known.WaitAsync(cancel));
            }

            var answer = carryOut(instruction, cancel).AsTask();
            slot = (epoch, id, answer);
            return new ValueTask<InstructionDone>(answer);
        }
    }
}
