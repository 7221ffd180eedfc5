namespace MuonSharp.Numerics;

/// <summary>Which unit of which panel a worker of <see cref="InversePanelJob{R, V}"/> does next. No worker waits for the end of a row of blocks: only for the block on the diagonal that a unit needs.</summary>
/// <remarks>
/// <para>A panel has one unit for its copy and one for each row of blocks; they follow each other. Unit k + 1 also needs the diagonal block of row k, which
/// whoever does unit k of panel k makes next. Each worker has panels of its own, adjacent ones, so that they stay in the caches of one core and the chain of
/// diagonal blocks goes from core to core only once a worker. It takes the first of them that is not down to its diagonal yet, for which others may wait;
/// else those below their diagonals, for which nobody does; else what others have left, from the end, where they come last.</para>
/// <para>What a unit computes does not depend on who does it or when. State: for each panel twice the number of the unit that is next, plus one while a
/// worker has it; each in a cache line of its own.</para>
/// </remarks>
/// <param name="state"><see cref="LengthOf"/> numbers, aligned to 64 bytes.</param>
/// <param name="panels">Number of panels.</param>
/// <param name="workers">Number of workers.</param>
internal readonly unsafe struct PanelOrder(int* state, int panels, int workers)
{
    private const int Stride = 16;

    /// <summary>Row of the pivot that was not above zero; -1: none.</summary>
    public int FailedRow => Volatile.Read(ref state[Stride * (panels + 1)]);

    private ref int Diagonals => ref state[Stride * panels];

    /// <summary>Numbers that the state takes.</summary>
    /// <param name="panels">Number of panels.</param>
    /// <returns>The number of 32-bit numbers.</returns>
    public static int LengthOf(int panels) => (panels + 2) * Stride;

    /// <summary>Nothing is done.</summary>
    public void Clear()
    {
        new Span<int>(state, LengthOf(panels)).Clear();
        state[Stride * (panels + 1)] = -1;
    }

    /// <summary>Takes a unit that can be done, and waits for one while others are at work.</summary>
    /// <param name="worker">Who asks.</param>
    /// <param name="panel">Its panel.</param>
    /// <param name="unit">Its number.</param>
    /// <returns>False: all are done, or one has failed.</returns>
    public bool Take(int worker, out int panel, out int unit)
    {
        SpinWait idle = default;
        while (FailedRow < 0 && Find(worker, out panel, out int next))
        {
            if (panel < 0)
            {
                idle.SpinOnce(sleep1Threshold: -1);
            }
            else if (Interlocked.CompareExchange(ref Of(panel), next + 1, next) == next)
            {
                unit = next / 2;
                return true;
            }
        }

        panel = unit = 0;
        return false;
    }

    /// <summary>A unit that was taken is done, with the diagonal block if it was the panel's last one above it.</summary>
    /// <param name="panel">Its panel.</param>
    /// <param name="unit">Its number.</param>
    public void Done(int panel, int unit)
    {
        if (unit == panel)
        {
            // The diagonal block was this panel's part of its own row.
            unit++;
            Volatile.Write(ref Diagonals, panel + 1);
        }

        Volatile.Write(ref Of(panel), 2 * (unit + 1));
    }

    /// <summary>A diagonal block has no root: everybody stops.</summary>
    /// <param name="row">Row of the pivot.</param>
    public void Fail(int row) => Volatile.Write(ref state[Stride * (panels + 1)], row);

    private ref int Of(int panel) => ref state[Stride * panel];

    /// <summary>A panel that is ready, or -1 where others are at work; false: nothing is left.</summary>
    private bool Find(int worker, out int panel, out int next)
    {
        int diagonals = Volatile.Read(ref Diagonals);
        int first = First(worker), end = First(worker + 1);
        if (FindFrom(Math.Max(first, diagonals), end, diagonals, out panel, out next) || FindFrom(first, Math.Min(end, diagonals), diagonals, out panel, out next))
        {
            return true;
        }

        bool left = false;
        for (panel = panels - 1; panel >= 0; panel--)
        {
            if (IsReady(panel, diagonals, out next))
            {
                return true;
            }

            left |= next < 2 * (panels + 1);
        }

        return left;
    }

    private bool FindFrom(int first, int end, int diagonals, out int panel, out int next)
    {
        next = 0;
        for (panel = first; panel < end; panel++)
        {
            if (IsReady(panel, diagonals, out next))
            {
                return true;
            }
        }

        return false;
    }

    private int First(int worker) => (int)((long)panels * worker / workers);

    private bool IsReady(int panel, int diagonals, out int next)
    {
        next = Volatile.Read(ref Of(panel));
        return next % 2 == 0 && next / 2 <= Math.Min(panels, diagonals);
    }
}
