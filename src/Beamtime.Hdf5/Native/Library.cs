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
    private static nint _module;

    [ThreadStatic]
    private static bool _isReady;

    /// <summary>The version of the library that was found.</summary>
    public static Version Version { get; private set; } = new();

    /// <summary>Since 1.12 the link query has a second form under another name.</summary>
    public static bool HasLinkInfo2 { get; private set; }

    /// <summary>Begins an operation: takes the lock and keeps libhdf5 from printing errors of this thread.</summary>
    /// <exception cref="DllNotFoundException">There is no libhdf5, or it is too old.</exception>
    public static Lock.Scope Enter()
    {
        if (!_isReady)
        {
            PrepareThread();
        }

        return Gate.EnterScope();
    }

    /// <summary>The value of a global id such as <c>H5T_NATIVE_INT_g</c>; macros hide it in C.</summary>
    public static unsafe long Global(string symbol) => *(long*)NativeLibrary.GetExport(_module, symbol);

    private static unsafe void PrepareThread()
    {
        using Lock.Scope scope = Gate.EnterScope();
        if (_module == 0)
        {
            Initialise(Load());
        }

        // The switch is per thread in a thread-safe build and per library otherwise; once per thread serves both.
        _ = H5E.SetAuto(0, null, null);
        _isReady = true;
    }

    private static unsafe void Initialise(nint module)
    {
        var open = (delegate* unmanaged[Cdecl]<int>)NativeLibrary.GetExport(module, "H5open");
        var read = (delegate* unmanaged[Cdecl]<uint*, uint*, uint*, int>)NativeLibrary.GetExport(
            module, "H5get_libversion");
        uint major = 0, minor = 0, release = 0;
        if (open() < 0 || read(&major, &minor, &release) < 0)
        {
            throw new DllNotFoundException("libhdf5 was found but could not be initialised.");
        }

        Version = new Version((int)major, (int)minor, (int)release);
        if (Version < Oldest)
        {
            throw new DllNotFoundException($"libhdf5 {Version} is too old; {Oldest} or later is needed.");
        }

        HasLinkInfo2 = NativeLibrary.TryGetExport(module, "H5Lget_info2", out _);
        NativeLibrary.SetDllImportResolver(typeof(Library).Assembly, Resolve);
        _module = module;
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

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) => name == Name ? _module : 0;
}
