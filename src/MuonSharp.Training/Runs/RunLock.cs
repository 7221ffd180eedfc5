using System.Globalization;
using System.Text;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>The right to write a run folder: one holder at a time, over all processes, and within one.</summary>
/// <remarks>
/// An exclusively opened file (on Unix an advisory flock): the operating system releases it when the process ends, however it
/// ends, so there is no stale lock. The lock file stays; deleting it would let two holders lock two files of one name.
/// Who holds it stands beside it, in a file that others may read while the lock itself cannot be opened.
/// </remarks>
internal sealed class RunLock : IDisposable
{
    /// <summary>The file's name; it is empty.</summary>
    public const string LockFile = ".lock";

    private const string HolderFile = ".lock.holder";

    // A lock held by somebody else: EWOULDBLOCK on Linux and macOS, ERROR_SHARING_VIOLATION on Windows.
    private static readonly int[] s_heldCodes = [11, 35, unchecked((int)0x80070020)];

    private readonly FileStream _file;
    private readonly string _holderPath;

    private RunLock(FileStream file, string holderPath) => (_file, _holderPath) = (file, holderPath);

    /// <summary>Takes the lock of a folder that exists, or fails at once.</summary>
    /// <param name="folder">The run folder.</param>
    /// <returns>The lock, to be disposed when the run ends.</returns>
    /// <exception cref="RunLockedException">Somebody else holds it; the message names the process.</exception>
    /// <exception cref="WriteFailedException">The folder cannot be written.</exception>
    public static RunLock Acquire(string folder)
    {
        string path = Path.Combine(folder, LockFile);
        string holderPath = Path.Combine(folder, HolderFile);
        FileStream? file = null;
        try
        {
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            File.WriteAllText(holderPath, Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");
            return new RunLock(file, holderPath);
        }
        catch (IOException exception) when (file is null && s_heldCodes.Contains(exception.HResult))
        {
            throw new RunLockedException(folder, ReadHolder(holderPath), exception);
        }
        catch (Exception exception) when (WriteFailedException.IsWriteFailure(exception))
        {
            file?.Dispose();
            throw new WriteFailedException("run", file is null ? path : holderPath, exception);
        }
    }

    /// <summary>Gives the lock up.</summary>
    public void Dispose()
    {
        if (!_file.SafeFileHandle.IsClosed)
        {
            TryDeleteHolder();
            _file.Dispose();
        }
    }

    private static int? ReadHolder(string path)
    {
        try
        {
            using FileStream stream = File.Open(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            Span<byte> text = stackalloc byte[16];
            int length = stream.ReadAtLeast(text, text.Length, throwOnEndOfStream: false);
            string line = Encoding.ASCII.GetString(text[..length]).TrimEnd('\n');
            return int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out int processId) ? processId : null;
        }
        catch (Exception exception) when (InvalidFileException.IsUnreadable(exception))
        {
            return null;
        }
    }

    private void TryDeleteHolder()
    {
        try
        {
            File.Delete(_holderPath);
        }
        catch (Exception exception) when (WriteFailedException.IsWriteFailure(exception))
        {
            // Only a hint; the next holder overwrites it.
        }
    }
}

/// <summary>Another trainer owns the run folder.</summary>
public sealed class RunLockedException : Exception
{
    /// <summary>Creates the exception for one folder.</summary>
    /// <param name="folder">The run folder.</param>
    /// <param name="processId">The process that owns it; null if it cannot be told.</param>
    /// <param name="innerException">What the operating system said.</param>
    public RunLockedException(string folder, int? processId, Exception? innerException = null)
        : base($"[run] {folder}: one trainer may own a run folder; {Holder(processId)} does already", innerException)
    {
        Folder = folder;
        ProcessId = processId;
    }

    /// <summary>The run folder.</summary>
    public string Folder { get; }

    /// <summary>The process that owns it; null if it cannot be told.</summary>
    public int? ProcessId { get; }

    private static string Holder(int? processId) => processId switch
    {
        null => "another process",
        _ when processId == Environment.ProcessId => $"this process ({processId})",
        _ => $"process {processId}",
    };
}
