// What module/Values.ps1 does with the rows of a list, some thirty times as fast; module/Rows.ps1 compiles it when a list turns out to be long.
// C# 5, which is what Windows PowerShell 5.1 compiles. ConvertTo-RowText is the same in PowerShell: change both.
using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Internal;
using System.Text;

namespace Easgate
{
    public static class RowText
    {
        // As ConvertTo-Json -Depth 3 of a row: lists in lists deeper than this are text.
        private const int DeepestList = 3;

        // Takes rows from the queue and adds them to the lines, until it has taken `mostRows` or printed `mostCharacters`. Gives the
        // characters printed. `key` is JSON.
        public static int Print(IList<string> lines, string key, Queue<object> rows, string[] names, int mostRows, int mostCharacters)
        {
            string[] openings = Openings(key, names);
            StringBuilder text = new StringBuilder(1024);
            int characters = 0;
            for (int count = 0; rows.Count > 0 && count < mostRows && characters < mostCharacters; count++)
            {
                text.Length = 0;
                AppendRow(text, PSObject.AsPSObject(rows.Dequeue()), names, openings);
                characters += text.Length;
                lines.Add(text.ToString());
            }
            return characters;
        }

        // What stands before each value.
        private static string[] Openings(string key, string[] names)
        {
            string[] openings = new string[names.Length];
            for (int at = 0; at < names.Length; at++)
            {
                StringBuilder text = new StringBuilder();
                text.Append(at == 0 ? "{\"key\":" + key + ",\"row\":{" : ",");
                AppendText(text, names[at]);
                openings[at] = text.Append(':').ToString();
            }
            return openings;
        }

        private static void AppendRow(StringBuilder text, PSObject row, string[] names, string[] openings)
        {
            PSMemberInfoCollection<PSPropertyInfo> properties = row.Properties;
            for (int at = 0; at < names.Length; at++)
            {
                PSPropertyInfo found = properties[names[at]];
                text.Append(openings[at]);
                AppendValue(text, found == null ? null : found.Value, 0);
            }
            text.Append("}}");
        }

        // The order of the questions is that of ConvertTo-Plain.
        private static void AppendValue(StringBuilder text, object value, int depth)
        {
            PSObject wrapped = value as PSObject;
            object plain = wrapped == null ? value : wrapped.BaseObject;
            if (plain == null || plain == AutomationNull.Value) text.Append("null");
            else if (plain is string) AppendText(text, (string)plain);
            else if (plain is char) AppendText(text, plain.ToString());
            else if (plain is bool) text.Append((bool)plain ? "true" : "false");
            else if (wrapped != null && IsEnumName(wrapped)) AppendText(text, TextOf(value));
            else if (plain is DateTime) AppendDate(text, (DateTime)plain);
            else if (plain is DateTimeOffset) AppendDate(text, ((DateTimeOffset)plain).UtcDateTime);
            else if (plain is Guid) AppendText(text, plain.ToString());
            else if (plain is Enum) AppendText(text, plain.ToString());
            else if (plain is int || plain is long || plain is short || plain is byte || plain is uint) text.Append(Convert.ToInt64(plain, CultureInfo.InvariantCulture));
            else if (plain is double || plain is float || plain is decimal) AppendNumber(text, Convert.ToDouble(plain, CultureInfo.InvariantCulture));
            else if (plain is IDictionary) AppendKeys(text, (IDictionary)plain);
            else if (plain is IEnumerable) AppendList(text, value, depth + 1);
            else AppendText(text, TextOf(value));
        }

        // Remoting sends an enumeration as its number with its name, and says so in the type names.
        private static bool IsEnumName(PSObject value)
        {
            foreach (string name in value.TypeNames)
            {
                if (name.EndsWith("System.Enum", StringComparison.OrdinalIgnoreCase)) return true;
            }
            return false;
        }

        // What a cast to [string] gives in PowerShell.
        private static string TextOf(object value)
        {
            return (string)LanguagePrimitives.ConvertTo(value, typeof(string), CultureInfo.InvariantCulture);
        }

        // Exchange means UTC where a date does not say what it is.
        private static void AppendDate(StringBuilder text, DateTime value)
        {
            DateTime utc = value.Kind == DateTimeKind.Unspecified ? value : value.ToUniversalTime();
            text.Append('"').Append(utc.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)).Append('"');
        }

        // JSON has no word for what is no number.
        private static void AppendNumber(StringBuilder text, double value)
        {
            string number = value.ToString("R", CultureInfo.InvariantCulture);
            if (double.IsNaN(value) || double.IsInfinity(value)) AppendText(text, number);
            else text.Append(number);
        }

        private static void AppendKeys(StringBuilder text, IDictionary table)
        {
            List<string> keys = new List<string>();
            foreach (object key in table.Keys) keys.Add(TextOf(key));
            keys.Sort(StringComparer.CurrentCultureIgnoreCase);
            AppendList(text, keys, 1);
        }

        private static void AppendList(StringBuilder text, object value, int depth)
        {
            IEnumerator each = depth > DeepestList ? null : LanguagePrimitives.GetEnumerator(value);
            if (each == null)
            {
                AppendText(text, TextOf(value));
                return;
            }
            char before = '[';
            while (each.MoveNext())
            {
                text.Append(before);
                before = ',';
                AppendValue(text, each.Current, depth);
            }
            text.Append(before == '[' ? "[]" : "]");
        }

        private static void AppendText(StringBuilder text, string value)
        {
            text.Append('"');
            int from = 0;
            for (int at = 0; at < value.Length; at++)
            {
                char letter = value[at];
                if (letter >= ' ' && letter != '"' && letter != '\\' && letter != '\u0085' && letter != '\u2028' && letter != '\u2029') continue;
                text.Append(value, from, at - from);
                if (letter == '"' || letter == '\\') text.Append('\\').Append(letter);
                else text.Append("\\u").Append(((int)letter).ToString("x4", CultureInfo.InvariantCulture));
                from = at + 1;
            }
            text.Append(value, from, value.Length - from).Append('"');
        }
    }
}
