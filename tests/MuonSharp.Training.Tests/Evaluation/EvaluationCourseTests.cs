using System.Text;
using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training.Tests.Evaluation;

public class EvaluationCourseTests
{
    private const double NaN = double.NaN;

    /// <summary>Values, whether higher is better, and after all of them: index of the best, how often each was worse than the one before, how many came after the best.</summary>
    public static TheoryData<double[], bool, int, int, int> Courses => new()
    {
        { [3], false, 0, 0, 0 },
        { [3, 2, 1], false, 2, 0, 0 },
        { [3, 2, 2.5, 2.6], false, 1, 2, 2 },
        { [3, 2, 2.5, 2.4, 2.6], false, 1, 1, 3 },
        { [3, 2, 2], false, 1, 0, 1 },
        { [0.5, 0.9, 0.8, 0.7, 0.6], true, 1, 3, 3 },
        { [0.5, 0.4, 0.6], true, 2, 0, 0 },
        { [NaN, NaN], false, -1, 0, 2 },
        { [NaN, 5], false, 1, 0, 0 },
        { [5, NaN, double.PositiveInfinity, 6], false, 0, 0, 3 },
        { [5, NaN], false, 0, 1, 1 },
        { [-1, -2, -1.5], false, 1, 1, 1 },
    };

    [Theory]
    [MemberData(nameof(Courses))]
    public void The_best_is_the_first_of_the_best_and_what_comes_after_it_is_counted(double[] values, bool higherIsBetter, int best, int worseInARow, int sinceBest)
    {
        EvaluationCourse course = Take(values, higherIsBetter);

        Assert.Equal(best < 0 ? null : new BestEvaluation(10 * (best + 1), new EvaluationNumber("number", values[best], higherIsBetter)), course.Best);
        Assert.Equal((worseInARow, sinceBest), (course.WorseInARow, course.SinceBest));
    }

    [Theory]
    [MemberData(nameof(Courses))]
    public void A_checkpoint_gives_back_what_it_was_given(double[] values, bool higherIsBetter, int best, int worseInARow, int sinceBest)
    {
        JsonObject state = [];
        Take(values, higherIsBetter).WriteTo(state);
        EvaluationCourse read = EvaluationCourse.Read(Parse(state), new(new EvaluationNumber("number", NaN)), step: 1);

        Assert.Equal(best < 0 ? (double?)null : values[best], read.Best?.Number.Value);
        Assert.Equal(worseInARow, read.WorseInARow);
        Assert.Equal(best < 0 ? sinceBest + 1 : sinceBest, read.SinceBest);
    }

    [Fact]
    public void Of_a_checkpoint_of_an_earlier_version_the_last_evaluation_is_the_best_that_is_known()
    {
        EvaluationCourse read = EvaluationCourse.Read(Parse([]), new(new EvaluationNumber("val_loss", 4.5)), step: 300);
        Assert.Equal(new BestEvaluation(300, new EvaluationNumber("val_loss", 4.5)), read.Best);
        Assert.Equal((0, 0), (read.WorseInARow, read.SinceBest));
        Assert.Null(EvaluationCourse.Read(Parse([]), last: null, step: -1).Best);
    }

    [Theory]
    [InlineData(2, 2.01, false, false)]
    [InlineData(2, 2.03, false, true)]
    [InlineData(2, 1.9, false, false)]
    [InlineData(0.9, 0.895, true, false)]
    [InlineData(0.9, 0.85, true, true)]
    [InlineData(2, NaN, false, true)]
    public void Clearly_better_is_more_than_a_hundredth(double best, double other, bool higherIsBetter, bool clearly) =>
        Assert.Equal(clearly, new BestEvaluation(1, new EvaluationNumber("n", best, higherIsBetter)).IsClearlyBetterThan(new EvaluationNumber("n", other, higherIsBetter)));

    private static EvaluationCourse Take(double[] values, bool higherIsBetter)
    {
        EvaluationCourse course = new();
        EvaluationNumber? previous = null;
        for (int i = 0; i < values.Length; i++)
        {
            EvaluationNumber number = new("number", values[i], higherIsBetter);
            course.Add(10 * (i + 1), number, previous);
            previous = number;
        }

        return course;
    }

    private static JsonEntry Parse(JsonObject state) => JsonFile.Parse(Encoding.UTF8.GetBytes(state.ToJsonString()), "state", new JsonOptions { Operation = "test" });
}
