"""LTI Advantage services: typed records in and out, no pandas.

Where each clause of the specifications lives:

    NRPS 2.0
    §2.1    container and media type      memberships.Memberships.members
    §2.2    personal data may be missing  records.Member
    §2.3    status                        records.Member, memberships.Memberships.members
    §2.4.1  role filter                   roles.matcher, memberships.Memberships.members
    §2.4.2  limit and paging              client.ServiceClient.pages
    §2.4.3  differences                   memberships.Memberships.differences
    §3      resource link membership      memberships.Memberships.members
    §3.6    claim and scope               courses.KnownCourse.from_claims, tokens.TokenSource

    AGS 2.0
    §3.1    claim, scopes, endpoints      courses.KnownCourse.from_claims, tokens.TokenSource
    §3.1.2  extensions                    records.LineItem, records.Result, records.Score
    §3.2.3  line item by its id           grades.Grades.line_item
    §3.2.4  filters and paging            grades.Grades.line_items
    §3.2.5  create                        grades.Grades.create
    §3.2.6  update: GET, change, PUT      grades.Grades.update
    §3.2.7  label … gradesReleased        records.LineItem
    §3.2.15 course copies                 grades.Grades.line_items
    §3.3    results                       grades.Grades.results, records.Result
    §3.4.1  score endpoint                urls.append_path, grades.Grades.post_score
    §3.4.4  score and maximum … comment   records.Score
    §3.4.9  timestamps                    timestamps.ScoreClock
    §4.3    coupled line items            grades.Grades.is_coupled, grades.Grades.delete
"""
