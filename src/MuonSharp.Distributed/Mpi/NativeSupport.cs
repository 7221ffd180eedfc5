using System.Runtime.InteropServices;

namespace MuonSharp.Distributed;

/// <summary>What the C library must do around loading MPI: variables that native code sees, signal handlers put back, symbols that plug-ins find.</summary>
/// <remarks>Debian's MPICH loads UCX, which takes SIGSEGV and its kin as soon as it is loaded; .NET turns them into exceptions and needs its own handlers back. <see cref="Environment.SetEnvironmentVariable(string, string?)"/>
/// is not seen by native code. Open MPI's plug-ins look for symbols of libmpi, so it is loaded for all to see.</remarks>
internal static unsafe partial class NativeSupport
{
    private const int HandlerBytes = 256;
    private const int LoadNow = 2;
    private const int LoadGlobal = 0x100;

    private static readonly int[] s_signals = [4, 5, 6, 7, 8, 11];
    private static readonly (string Name, string Value)[] s_variables = [("UCX_ERROR_SIGNALS", ""), ("IPATH_NO_BACKTRACE", "1"), ("HFI_NO_BACKTRACE", "1")];

    private static byte[]? s_handlers;

    /// <summary>Tells libraries not to take signals.</summary>
    public static void SetVariables()
    {
        if (OperatingSystem.IsLinux())
        {
            foreach ((string name, string value) in s_variables)
            {
                _ = SetVariable(name, value, overwrite: 0);
            }
        }
    }

    /// <summary>Remembers the handlers as they are before anything is loaded; the first time only.</summary>
    public static void SaveHandlers()
    {
        if (s_handlers is not null || !OperatingSystem.IsLinux())
        {
            return;
        }

        s_handlers = new byte[HandlerBytes * s_signals.Length];
        fixed (byte* first = s_handlers)
        {
            for (int i = 0; i < s_signals.Length; i++)
            {
                _ = SignalAction(s_signals[i], null, first + (i * HandlerBytes));
            }
        }
    }

    /// <summary>Puts them back.</summary>
    public static void RestoreHandlers()
    {
        if (s_handlers is null)
        {
            return;
        }

        fixed (byte* first = s_handlers)
        {
            for (int i = 0; i < s_signals.Length; i++)
            {
                _ = SignalAction(s_signals[i], first + (i * HandlerBytes), null);
            }
        }
    }

    /// <summary>Loads a library; 0 where it cannot be loaded.</summary>
    public static nint Load(string name)
    {
        if (OperatingSystem.IsLinux() && Open(name, LoadNow | LoadGlobal) is var handle and not 0)
        {
            return handle;
        }

        return NativeLibrary.TryLoad(name, out nint library) ? library : 0;
    }

    /// <summary>Ends this process without what libraries do at the end: it may wait for the call that does not come back.</summary>
    public static void EndNow(int exitCode)
    {
        if (!OperatingSystem.IsWindows())
        {
            End(exitCode);
        }

        Environment.Exit(exitCode);
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void End(int exitCode);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "sigaction")]
    private static partial int SignalAction(int signal, byte* action, byte* old);

    [LibraryImport("libc", EntryPoint = "dlopen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Open(string name, int flags);
}
