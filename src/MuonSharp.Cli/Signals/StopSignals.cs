using System.Runtime.InteropServices;

namespace MuonSharp.Cli.Signals;

/// <summary>Ctrl+C and SIGTERM: the first asks the work to stop at the next safe point, the second ends the process at once.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly PosixSignalRegistration[] registrations;
    private readonly Action onFirst;
    private int count;

    /// <summary>Starts to listen.</summary>
    /// <param name="onFirst">Called once, on a thread of the runtime, when the first signal arrives.</param>
    public StopSignals(Action onFirst)
    {
        this.onFirst = onFirst;
        registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
        ];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => source.Token;

    /// <summary>True once a signal has arrived.</summary>
    public bool Requested => Volatile.Read(ref count) > 0;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in registrations)
        {
            registration.Dispose();
        }

        source.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref count) > 1)
        {
            Environment.Exit(ExitCode.Cancelled);
        }

        source.Cancel();
        onFirst();
    }
}
