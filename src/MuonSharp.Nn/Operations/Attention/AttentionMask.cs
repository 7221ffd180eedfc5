namespace MuonSharp.Nn;

/// <summary>The zeros of a row of probabilities inside the columns that a strip of rows computes.</summary>
internal static unsafe class AttentionMask
{
    /// <summary>Clears the columns from first to end that are outside start to stop and outside the vector that stop lies in, whose end is clear.</summary>
    /// <param name="row">Column 0.</param>
    /// <param name="first">First column of the strip.</param>
    /// <param name="end">Column behind the strip's last one.</param>
    /// <param name="start">First visible column.</param>
    /// <param name="stop">Column behind the last visible one.</param>
    public static void Hide(float* row, int first, int end, int start, int stop)
    {
        if (start >= stop)
        {
            start = stop = end;
        }

        for (var i = first; i < start; i++)
        {
            row[i] = 0;
        }

        for (var i = start + HeadRows.Padded(stop - start); i < end; i++)
        {
            row[i] = 0;
        }
    }
}
