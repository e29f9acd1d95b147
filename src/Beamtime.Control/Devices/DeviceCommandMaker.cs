using Beamtime.Control.Devices.Asynchronous;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices;

/// <summary>Makes commands of operations: finds device, signal and method, and judges targets, whoever asked.</summary>
/// <param name="roster">The devices.</param>
/// <param name="asynchronous">Takes what devices give on their own.</param>
/// <param name="options">Deadlines of devices.</param>
internal sealed class DeviceCommandMaker(DeviceRoster roster, AsynchronousRecorder asynchronous, DeviceOptions options)
{
    /// <summary>The command of an operation.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="instruction">Its instruction; null for none.</param>
    /// <param name="row">Takes the readings.</param>
    /// <exception cref="FaultException">Why it cannot be given.</exception>
    public DeviceCommand Make(in Operation operation, Instruction? instruction, Memory<Reading> row)
    {
        var device = roster.Find(operation.Device);
        var signal = operation.Kind == OperationKind.Set ? device.Find(operation.Signal) : null;
        if (operation.Kind == OperationKind.Set && !device.MaySet(signal, operation.Value))
        {
            throw new FaultException(device.RefusalsToSet(operation.Signal, operation.Value).First());
        }

        if (operation.Kind == OperationKind.Call && device.RefusalsToCall(operation.Signal ?? "").FirstOrDefault() is { } refusal)
        {
            throw new FaultException(refusal);
        }

        return new DeviceCommand(device, operation.Kind, row)
        {
            Method = operation.Kind == OperationKind.Call ? device.Method(operation.Signal) : null,
            Arguments = instruction?.Arguments ?? [],
            Signal = device.DriverSignal(signal),
            Value = operation.Value,
            Setup = instruction?.Setup,
            Asynchronous = operation.Kind is OperationKind.Stage or OperationKind.Unstage ? asynchronous : null,
            Flight = instruction?.Flight,
            Allowed = operation.Kind switch
            {
                OperationKind.Set or OperationKind.Call => options.SetDeadline,
                OperationKind.Read or OperationKind.ReadConfiguration => options.ReadDeadline,
                OperationKind.Trigger => options.TriggerDeadline + TimeSpan.FromSeconds(instruction!.ExposureSeconds),
                _ => options.StageDeadline,
            },
        };
    }
}
