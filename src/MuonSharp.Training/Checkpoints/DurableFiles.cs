using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace MuonSharp.Training;

/// <summary>What is built from single file operations: durable folders, files replaced as a whole, trees removed.</summary>
internal static class DurableFiles
{
    private const string TemporarySuffix = ".tmp";

    /// <summary>Creates a directory and its missing parents, each entry flushed to disk.</summary>
    public static void EnsureDirectory(this IFileOperations files, string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Directory.Exists(full) || Path.GetDirectoryName(full) is not { } parent)
        {
            return;
        }

        files.EnsureDirectory(parent);
        files.CreateDirectory(full);
        files.FlushDirectory(parent);
    }

    /// <summary>Replaces a file: at every instant it has its old or its new content, and afterwards the new one is on the disk.</summary>
    public static void Replace(this IFileOperations files, string path, ReadOnlySpan<byte> content)
    {
        string temporary = path + TemporarySuffix;
        using (Stream stream = files.Open(temporary, keep: 0))
        {
            stream.Write(content);
            files.Flush(stream);
        }

        files.Move(temporary, path);
        files.FlushDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Deletes a directory with all it holds.</summary>
    public static void DeleteTree(this IFileOperations files, string path)
    {
        foreach (string file in Directory.GetFiles(path))
        {
            files.DeleteFile(file);
        }

        foreach (string folder in Directory.GetDirectories(path))
        {
            files.DeleteTree(folder);
        }

        files.DeleteDirectory(path);
    }
}

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

/// <summary>Passes writes on and computes the SHA-256 of what went through.</summary>
internal sealed class HashingStream(Stream inner) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _written;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _written;

    public override long Position
    {
        get => _written;
        set => throw new NotSupportedException();
    }

    /// <summary>Size and hash of what was written.</summary>
    public FileDigest Digest => new(_written, Convert.ToHexStringLower(_hash.GetCurrentHash()));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        inner.Write(buffer);
        _hash.AppendData(buffer);
        _written += buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }
}
