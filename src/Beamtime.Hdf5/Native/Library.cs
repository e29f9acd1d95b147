using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

namespace Beamtime.Hdf5.Native;

/// <summary>
/// The loaded libhdf5: finds it, initialises it, and holds the one lock under which every operation runs. libhdf5 has
/// one mutex itself when it is built thread safe and none otherwise; ours makes an operation of several calls one step,
/// covers the second build, and keeps a finalizer from closing an id that an operation is using.
/// </summary>
internal static class Library
{
    public const string Name = "libhdf5";

    private static readonly string[] FileNames =
    [
        "libhdf5_serial.so.103", "libhdf5_serial.so.310", "libhdf5_serial.so", "libhdf5.so.103", "libhdf5.so.200",
        "libhdf5.so.310", "libhdf5.so", "libhdf5.dylib", "hdf5.dll",
    ];

    private static readonly Version Oldest = new(1, 10, 3);
    private static readonly Lock Gate = new();
    private static readonly nint Module;

    [ThreadStatic]
    private static bool _isSilent;

    static Library()
    {
        Module = Load();
        NativeLibrary.SetDllImportResolver(typeof(Library).Assembly, Resolve);
        uint major = 0, minor = 0, release = 0;
        byte isThreadSafe = 0;
        unsafe
        {
            if (H5.Open() < 0 || H5.GetVersion(&major, &minor, &release) < 0 || H5.IsThreadSafe(&isThreadSafe) < 0)
            {
                throw new DllNotFoundException("libhdf5 was found but could not be initialised.");
            }
        }

        Version = new Version((int)major, (int)minor, (int)release);
        IsThreadSafe = isThreadSafe != 0;
        if (Version < Oldest)
        {
            throw new DllNotFoundException($"libhdf5 {Version} is too old; {Oldest} or later is needed.");
        }

        HasLinkInfo2 = NativeLibrary.TryGetExport(Module, "H5Lget_info2", out _);
    }

    /// <summary>The version of the library that was found.</summary>
    public static Version Version { get; }

    /// <summary>Whether libhdf5 guards itself, and keeps an error stack per thread.</summary>
    public static bool IsThreadSafe { get; }

    /// <summary>Since 1.12 the link query has a second form under another name.</summary>
    public static bool HasLinkInfo2 { get; }

    /// <summary>Begins an operation: takes the lock and keeps libhdf5 from printing errors of this thread.</summary>
    public static Lock.Scope Enter()
    {
        Lock.Scope scope = Gate.EnterScope();
        if (!_isSilent)
        {
            Silence();
        }

        return scope;
    }

    /// <summary>The value of a global id such as <c>H5T_NATIVE_INT_g</c>; macros hide it in C.</summary>
    public static unsafe long Global(string symbol) => *(long*)NativeLibrary.GetExport(Module, symbol);

    private static unsafe void Silence()
    {
        // The switch is per thread in a thread-safe build and per library otherwise; once per thread serves both.
        _ = H5E.SetAuto(0, null, null);
        _isSilent = true;
    }

    private static nint Load()
    {
        foreach (string name in FileNames)
        {
            if (NativeLibrary.TryLoad(name, out nint handle))
            {
                return handle;
            }
        }

        throw new DllNotFoundException(
            $"libhdf5 was not found (tried {string.Join(", ", FileNames)}). Install it, on Debian: libhdf5-103-1.");
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) => name == Name ? Module : 0;
}
