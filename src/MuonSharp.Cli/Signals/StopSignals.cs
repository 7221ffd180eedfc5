using System.Runtime.InteropServices;

namespace MuonSharp.Cli.Signals;

/// <summary>Ctrl+C, SIGTERM, SIGHUP and SIGQUIT: the first asks the work to stop at the next safe point, the second ends the process at once. SIGUSR1 asks too, and never ends it: schedulers send it some
/// time before their limit, and launchers hand it on to all ranks.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private readonly Action _onFirst;
    private readonly Action _onSecond;
    private int _count;

    /// <summary>Starts to listen.</summary>
    /// <param name="onFirst">Called once, on a thread of the runtime, when the first signal arrives.</param>
    /// <param name="onSecond">Called before the process ends, when another one arrives; null: nothing is said.</param>
    public StopSignals(Action onFirst, Action? onSecond = null)
    {
        (_onFirst, _onSecond) = (onFirst, onSecond ?? (static () => { }));
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGQUIT, Handle),
            .. OperatingSystem.IsWindows() ? (PosixSignalRegistration[])[] : [PosixSignalRegistration.Create((PosixSignal)UserSignal, HandleUser)],
            .. IgnoresHangUp() ? (PosixSignalRegistration[])[] : [PosixSignalRegistration.Create(PosixSignal.SIGHUP, Handle)],
        ];
    }

    /// <summary>SIGUSR1.</summary>
    private static int UserSignal => OperatingSystem.IsMacOS() ? 30 : 10;

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>True once a signal has arrived.</summary>
    public bool Requested => Volatile.Read(ref _count) > 0;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _source.Dispose();
    }

    /// <summary>Started by nohup: the end of the terminal is not to be heard.</summary>
    private static bool IgnoresHangUp()
    {
        const string Status = "/proc/self/status", Label = "SigIgn:";
        string? line = File.Exists(Status) ? File.ReadLines(Status).FirstOrDefault(line => line.StartsWith(Label, StringComparison.Ordinal)) : null;
        return line is not null && (Convert.ToUInt64(line[Label.Length..].Trim(), 16) & 1) != 0;
    }

    private void HandleUser(PosixSignalContext context)
    {
        context.Cancel = true;
        if (!Requested)
        {
            Handle(context);
        }
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        int signal = Interlocked.Increment(ref _count);
        try
        {
            if (signal > 1)
            {
                _onSecond();
                return;
            }

            _source.Cancel();
            _onFirst();
        }
        catch (ObjectDisposedException)
        {
            // The work was done in the same moment: there is nothing left to stop.
        }
        catch (IOException)
        {
            // Nobody sees the notice; the work stops all the same.
        }
        finally
        {
            if (signal > 1)
            {
                Environment.Exit(ExitCode.Cancelled);
            }
        }
    }
}
