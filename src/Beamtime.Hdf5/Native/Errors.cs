using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Beamtime.Hdf5.Native;

/// <summary>Turns a negative return into an exception that carries the error stack of this thread.</summary>
internal static unsafe class Errors
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Check(long result, string action, string? subject = null)
    {
        if (result < 0)
        {
            throw Take(Hdf5Error.Library, action, subject);
        }

        return result;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Check(int result, string action, string? subject = null)
    {
        if (result < 0)
        {
            throw Take(Hdf5Error.Library, action, subject);
        }

        return result;
    }

    /// <summary>Reads the stack. Must run on the thread of the failed call, before it makes another one.</summary>
    public static Hdf5Exception Take(Hdf5Error error, string action, string? subject)
    {
        List<Hdf5Message> messages = [];
        GCHandle handle = GCHandle.Alloc(messages);
        try
        {
            _ = H5E.Walk(0, H5E.Upward, &Collect, (void*)GCHandle.ToIntPtr(handle));
        }
        finally
        {
            handle.Free();
        }

        _ = H5E.Clear(0);
        return new Hdf5Exception(error, Describe(action, subject, messages), messages);
    }

    private static string Describe(string action, string? subject, List<Hdf5Message> messages)
    {
        string what = subject is null ? $"Could not {action}" : $"Could not {action} '{subject}'";
        return messages switch
        {
            [] => what + ".",
            [var only] => $"{what}: {only.Description}.",
            [var inner, .., var outer] => $"{what}: {outer.Description}: {inner.Description}.",
        };
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Collect(uint position, H5E.Entry* entry, void* data)
    {
        var messages = (List<Hdf5Message>)GCHandle.FromIntPtr((nint)data).Target!;
        messages.Add(new Hdf5Message(
            Marshal.PtrToStringUTF8((nint)entry->Function) ?? "",
            Marshal.PtrToStringUTF8((nint)entry->Description) ?? ""));
        return 0;
    }
}
