using System.Runtime.InteropServices;

namespace MuonSharp.Training;

/// <summary>Puts a directory's entries on the disk, which .NET itself has no call for.</summary>
/// <remarks>On Unix a rename survives a power failure only after fsync of the directory. Windows needs and offers none.</remarks>
internal static partial class DirectoryFlush
{
    private const int ReadOnly = 0;

    // The numbers that Linux and macOS share: interrupted, and "this file system cannot flush a directory".
    private const int Interrupted = 4;
    private const int Unsupported = 22;

    public static void ToDisk(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        // As the rest of .NET sees a path: with .. taken out by its text, not by the folders.
        path = Path.GetFullPath(path);
        int descriptor = Retry(() => Open(path, ReadOnly));
        try
        {
            if (descriptor < 0 || (Retry(() => Synchronize(descriptor)) < 0 && Marshal.GetLastPInvokeError() != Unsupported))
            {
                int error = Marshal.GetLastPInvokeError();
                throw new IOException($"{Marshal.GetPInvokeErrorMessage(error)} : '{path}'", error);
            }
        }
        finally
        {
            if (descriptor >= 0)
            {
                _ = Close(descriptor);
            }
        }
    }

    private static int Retry(Func<int> call)
    {
        int result;
        do
        {
            result = call();
        }
        while (result < 0 && Marshal.GetLastPInvokeError() == Interrupted);
        return result;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Synchronize(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
