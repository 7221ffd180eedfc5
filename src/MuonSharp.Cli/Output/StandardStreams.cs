using System.Runtime.InteropServices;
using System.Text;

namespace MuonSharp.Cli.Output;

/// <summary>Standard output and error of the process: what cannot be written is noticed on the one and forgiven on the other.</summary>
/// <remarks>Redirected, both are UTF-8 whatever the locale says; text for a terminal has the terminal's encoding.</remarks>
internal static class StandardStreams
{
    private static OutputStream? s_output;

    /// <summary>The work is worth more than what it prints: output that cannot be written is lost, and the command goes on.</summary>
    public static void MessagesMayBeLost()
    {
        if (s_output is not null)
        {
            s_output.Forgives = true;
        }
    }

    /// <summary>What went wrong with output that was forgiven; null: nothing, or a reader that went away and so wants no more.</summary>
    public static string? Loss => s_output?.Loss;

    /// <summary>Fails where nobody can read what would be written, for commands that compute long and print at their end.</summary>
    /// <exception cref="OutputClosedException">The reader has gone.</exception>
    public static void ThrowIfClosed()
    {
        if (s_output is { Forgives: false } && !OperatingSystem.IsWindows() && LibC.HasNoReader(OutputStream.Output))
        {
            throw new OutputClosedException();
        }
    }

    /// <summary>Puts them in the place of the runtime's, which hide a closed pipe and abort the process when an error line cannot be written.</summary>
    /// <param name="json">Whether standard output is JSON Lines, which are UTF-8 on a terminal too.</param>
    public static void Install(bool json)
    {
        s_output = new OutputStream(OutputStream.Output, Console.OpenStandardOutput());
        var error = new OutputStream(OutputStream.Error, Console.OpenStandardError()) { Forgives = true };
        Console.SetOut(Writer(s_output, utf8: json || Console.IsOutputRedirected));
        Console.SetError(Writer(error, utf8: Console.IsErrorRedirected));
    }

    private static StreamWriter Writer(OutputStream stream, bool utf8) =>
        new(stream, utf8 ? new UTF8Encoding(encoderShouldEmitUTF8Identifier: false) : WithoutMark(Console.OutputEncoding)) { AutoFlush = true };

    private static Encoding WithoutMark(Encoding encoding) =>
        encoding.Preamble.Length == 0 ? encoding : new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
}

/// <summary>Standard output cannot be written.</summary>
/// <param name="reason">What the system says.</param>
internal class OutputException(string reason) : IOException($"[output] standard output could not be written; {reason}");

/// <summary>Whoever read standard output has gone, as <c>head</c> does: nobody wants more.</summary>
internal sealed class OutputClosedException() : OutputException("its reader has gone");

/// <summary>One of the two, written byte by byte as it comes; nothing is held back.</summary>
internal sealed class OutputStream(int descriptor, Stream fallback) : Stream
{
    /// <summary>The descriptor of standard output.</summary>
    public const int Output = 1;

    /// <summary>The descriptor of standard error.</summary>
    public const int Error = 2;

    private bool _closed;

    /// <summary>Whether a failed write is remembered instead of thrown.</summary>
    public bool Forgives { get; set; }

    /// <summary>What the first failed write said that was no reader's leaving.</summary>
    public string? Loss { get; private set; }

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_closed)
        {
            return;
        }

        try
        {
            if (OperatingSystem.IsWindows())
            {
                fallback.Write(buffer);
            }
            else
            {
                LibC.Write(descriptor, buffer);
            }
        }
        catch (OutputClosedException) when (Forgives)
        {
            _closed = true;
        }
        catch (Exception error) when (Forgives && error is IOException or UnauthorizedAccessException)
        {
            Loss ??= error is OutputException ? error.Message : new OutputException(error.Message).Message;
        }
        catch (Exception error) when (error is (IOException and not OutputException) or UnauthorizedAccessException)
        {
            throw new OutputException(error.Message);
        }
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();
}

/// <summary>The two calls of the system that the runtime wraps in a way that hides a reader's leaving.</summary>
internal static unsafe partial class LibC
{
    private const int Interrupted = 4;
    private const int BrokenPipe = 32;
    private const short ErrorOrHangUp = 0x8 | 0x10;

    private static readonly int s_again = OperatingSystem.IsLinux() ? 11 : 35;

    /// <summary>Writes all bytes.</summary>
    /// <exception cref="OutputClosedException">Nobody reads the pipe.</exception>
    /// <exception cref="OutputException">Anything else, in the system's words.</exception>
    public static void Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            nint done = 0;
            while (done < bytes.Length)
            {
                nint written = WriteSome(descriptor, start + done, bytes.Length - done);
                if (written >= 0)
                {
                    done += written;
                    continue;
                }

                int error = Marshal.GetLastPInvokeError();
                if (error == s_again)
                {
                    Thread.Sleep(1);
                }
                else if (error == BrokenPipe)
                {
                    throw new OutputClosedException();
                }
                else if (error != Interrupted)
                {
                    throw new OutputException(Marshal.GetPInvokeErrorMessage(error));
                }
            }
        }
    }

    /// <summary>Whether a pipe has lost its reader.</summary>
    public static bool HasNoReader(int descriptor)
    {
        PollDescriptor polled = new() { Descriptor = descriptor };
        return Poll(&polled, 1, 0) > 0 && (polled.Returned & ErrorOrHangUp) != 0;
    }

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteSome(int descriptor, byte* bytes, nint count);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(PollDescriptor* descriptors, nuint count, int milliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Asked;
        public short Returned;
    }
}
