using System.Diagnostics;

namespace MuonSharp.Distributed;

/// <summary>Waits for a request, and not for ever.</summary>
/// <remarks>No MPI library that is in use makes progress by itself: a request moves inside of MPI's own functions, so it is asked again and again: at first at once, then after the other threads of this core
/// have had their turn, and after some milliseconds only every millisecond. Who waits for longer answers those whose time is up.</remarks>
internal sealed unsafe class MpiWait(MpiLibrary library, RollCall rollCall, TimeSpan timeout)
{
    private const int EagerTests = 200;
    private const int SleepsBetweenAnswers = 20;
    private static readonly TimeSpan s_untilSleep = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan s_untilAnswers = TimeSpan.FromMilliseconds(250);

    /// <summary>Waits until a request is done.</summary>
    /// <param name="request">The request.</param>
    /// <param name="position">Of which call it is.</param>
    /// <returns>Whether it was done in time.</returns>
    public bool Until(ref nint request, in CollectivePosition position)
    {
        for (int tests = 0; tests < EagerTests; tests++)
        {
            if (Test(ref request))
            {
                return true;
            }
        }

        long start = Stopwatch.GetTimestamp();
        for (int sleeps = 0; !Test(ref request);)
        {
            TimeSpan waited = Stopwatch.GetElapsedTime(start);
            if (waited > timeout)
            {
                return false;
            }

            if (waited < s_untilSleep)
            {
                Thread.Yield();
                continue;
            }

            Thread.Sleep(1);
            if (waited > s_untilAnswers && ++sleeps % SleepsBetweenAnswers == 0)
            {
                rollCall.Answer(position);
            }
        }

        return true;
    }

    private bool Test(ref nint request)
    {
        int done = 0;
        fixed (nint* pointer = &request)
        {
            library.Check("waiting", library.Test(pointer, &done, library.Abi.StatusIgnore));
        }

        return done != 0;
    }
}
