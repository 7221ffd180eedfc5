using MuonSharp.Numerics;

namespace MuonSharp.Optimizers.Tests;

/// <summary>Matrices too large for one worker, which the contract table's are not.</summary>
public class SplitMatrixTests
{
    [Theory]
    [InlineData("soap", Explicit = true)]
    [InlineData("shampoo large blocks", Explicit = true)]
    public void A_matrix_split_across_workers_has_the_bits_of_one_worker(string name)
    {
        const int Rows = 80, Columns = 740;
        OptimizerOptions options = ContractTable.Rows[name].Options switch
        {
            SoapOptions soap => soap with { MaximumPreconditionerDimension = Columns },
            ShampooOptions shampoo => shampoo with { BlockSize = Columns },
            var other => other,
        };
        Assert.True(((long)Rows * Columns * (Rows + Columns)) + ((long)Columns * Columns * Columns) > MatrixTaskList.LargestSmallWork);
        (float[] expected, _) = Run(1);
        SeveralWorkers.GiveTheSameBits(expected, () => Run(3));

        (float[] Values, long[] Tasks) Run(int threads)
        {
            using TestModel model = TestModel.Matrices((Rows, Columns));
            using var team = new WorkerTeam(threads);
            using Optimizer optimizer = options.CreateOptimizer([new ParameterGroup("all", model.Parameters, options)], new StepOptions(), team);
            for (int step = 1; step <= 3; step++)
            {
                model.FillGradients(step);
                optimizer.Step();
            }

            return ([.. model.AllWeights(), .. optimizer.StateTensors.SelectMany(tensor => tensor.Memory.Span.ToArray())], SeveralWorkers.TasksOf(team));
        }
    }
}
