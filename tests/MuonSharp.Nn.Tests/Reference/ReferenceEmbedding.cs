namespace MuonSharp.Nn.Tests.Reference;

/// <summary>y[t] = table[token[t]]. With learned positions, y[t] = x[t] + table[t mod time].</summary>
internal static class ReferenceEmbedding
{
    public static double[] Forward(int[] tokens, double[] table, int width)
    {
        double[] y = new double[tokens.Length * width];
        for (int t = 0; t < tokens.Length; t++)
            for (int j = 0; j < width; j++)
                y[(t * width) + j] = table[(tokens[t] * width) + j];
        return y;
    }

    /// <summary>Each row of the table collects the gradients of the places where its token stood.</summary>
    public static double[] Backward(int[] tokens, double[] dy, int rows, int width)
    {
        double[] dTable = new double[rows * width];
        for (int t = 0; t < tokens.Length; t++)
            for (int j = 0; j < width; j++)
                dTable[(tokens[t] * width) + j] += dy[(t * width) + j];
        return dTable;
    }

    /// <summary>The rows of learned positions that a batch of sequences looks up: 0, 1, .., time - 1, again for each sequence.</summary>
    public static int[] Positions(int batch, int time)
    {
        int[] positions = new int[batch * time];
        for (int i = 0; i < positions.Length; i++) positions[i] = i % time;
        return positions;
    }
}
